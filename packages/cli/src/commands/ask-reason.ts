import type { Plan } from "@protector/contract";
import type { CommandContext } from "../context.ts";

/** Fewest characters of a reason, as the API wants them. */
const SHORTEST_REASON = 10;

/** Where a reason is all that is missing, the person at the terminal is asked for it. */
export async function askReason(context: CommandContext, { blockers }: Plan): Promise<string | undefined> {
  const { host, options } = context;
  if (options.yes || !host.ask || blockers.some(({ check }) => check !== "fence.reason_required")) return undefined;
  const question = "\nWhy is it safe to go on without a fence? It is kept in the audit; nothing typed = stop: ";
  const reason = (await host.ask(question)).trim();
  if (reason.length >= SHORTEST_REASON) return reason;
  if (reason.length > 0) context.note(`A reason has at least ${SHORTEST_REASON} characters.`);
  return undefined;
}
