import { firstSchema } from "./0001-first-schema.ts";
import type { Migration } from "./migration.ts";

/** Every migration, oldest first. */
export const MIGRATIONS: readonly Migration[] = [firstSchema];
