import { sql } from "kysely";
import type { WorkingSites } from "../two-sites/working-sites.ts";

/** Columns that hold what nobody can read without the site's keys. */
const ENCRYPTED = new Set(["ciphertext"]);

/** Tokens of the arrays, and passwords of the clouds' users. */
const KNOWN = ["token-array-a", "token-array-b", "token-array-c", "labadmin", "labsvc", "labdemo"];

/** Rows of both databases, and lines of logs, that hold a password, an array's token, or a token of Keystone's. */
export async function secretsTold(here: WorkingSites): Promise<readonly string[]> {
  const { sites, all, logged } = here;
  const tokens = sites.world.clouds.flatMap(({ identity }) => [...identity.tokens.keys()]);
  const secrets = [...KNOWN, ...tokens];
  const rows = await Promise.all(all.map((site) => rowsOf(site)));
  const lines = [...sites.events, ...logged].map((event) => `log: ${JSON.stringify(event, withErrors)}`);
  return [...rows.flat(), ...lines].filter((text) => secrets.some((secret) => text.includes(secret)));
}

async function rowsOf({ name, connection: { db } }: WorkingSites["all"][number]): Promise<readonly string[]> {
  const { rows: tables } = await sql<{ name: string }>`select name from sqlite_master where type = 'table'`.execute(db);
  const told: string[] = [];
  for (const { name: table } of tables) {
    const { rows } = await sql<Record<string, unknown>>`select * from ${sql.table(table)}`.execute(db);
    const shown = rows.map((row) => Object.fromEntries(Object.entries(row).filter(([key]) => !ENCRYPTED.has(key))));
    told.push(...shown.map((row) => `${name} ${table}: ${JSON.stringify(row)}`));
  }
  return told;
}

function withErrors(_key: string, value: unknown): unknown {
  return value instanceof Error ? { ...value, message: value.message, stack: value.stack, cause: value.cause } : value;
}
