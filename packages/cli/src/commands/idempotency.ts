import type { RunningOperation } from "@protector/client";
import { InvalidArgumentError } from "commander";
import type { CommandContext } from "../context.ts";
import { finish } from "../follow.ts";
import { OPERATION_COLUMNS } from "./operation-columns.ts";

/** Option of commands whose request carries a key of the caller's own. */
export const KEY_OPTION = [
  "--idempotency-key <key>",
  "same key = the same request: it is not started twice within 24 hours",
  idempotencyKey,
] as const;

/** Printable, as the API wants it, and without quotes. */
export function idempotencyKey(text: string): string {
  if (/^[\x21\x23-\x7e]{1,240}$/.test(text)) return text;
  throw new InvalidArgumentError("1 to 240 printable characters without blanks and quotes are needed");
}

/** Call options of a key; of the `index`-th request of a command. */
export function keyOf(
  { idempotencyKey: key }: { readonly idempotencyKey?: string },
  index = 0,
): { readonly idempotencyKey?: string } {
  if (key === undefined) return {};
  return { idempotencyKey: index === 0 ? key : `${key}.${index + 1}` };
}

/** Goes on with what the same command has started before. */
export async function rejoinByKey(context: CommandContext, running: RunningOperation, key: string): Promise<void> {
  context.note(`The key ${key} has started operation ${running.operation.id} already; nothing is started again.`);
  const ended = await finish(context, running, running.operation.protection_group_id);
  context.printer.record(ended, OPERATION_COLUMNS);
}
