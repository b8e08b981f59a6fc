import type { CommandContext } from "../context.ts";

/** Runs a command's work with the context that the global options give. */
export type Act = (run: (context: CommandContext) => Promise<void>) => Promise<void>;
