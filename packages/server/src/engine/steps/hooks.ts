import { ProtectorError } from "@protector/contract";
import type { StepContext, StepHandler } from "../runner/step-handler.ts";
import { postSigned } from "./signed-post.ts";

/** What a hook is told, beside who calls and when. */
export interface HookFacts {
  readonly when: "before" | "after";
  readonly of: string;
  readonly tier: number | null;
  readonly member: { readonly id: string; readonly name: string } | null;
  readonly operation: { readonly id: string; readonly type: string; readonly mode: string | null };
  readonly protection_group: { readonly id: string; readonly name: string };
  readonly project_id: string;
}

/** Input of {@link callHook}. */
export interface CallHookInput {
  readonly url: string;
  /** Told when the call is taken back; null: nobody. */
  readonly undoUrl: string | null;
  readonly timeoutSeconds: number;
  readonly retries: number;
  readonly onFailure: "stop" | "continue";
  readonly facts: HookFacts;
}

/** How a hook was called. */
export interface CalledHook {
  readonly isDelivered: boolean;
  /** Why not, when its failure stops nothing. */
  readonly reason: string | null;
}

/** ms between two tries. */
export const HOOK_PAUSE_MS = 5_000;

/**
 * Posts the facts, signed with this site's key over the bytes of the body. A call whose outcome nobody knows is made again:
 * its `id` is the same, so that who receives it can tell. One that is taken back is told to its undo URL, with what was
 * called, also when its outcome is not known.
 * @throws ProtectorError `hook.failed` when the last try has failed and that is to stop the recovery, or the way back.
 */
export const callHook: StepHandler<CallHookInput, CalledHook> = {
  run: async (context, input) => {
    const reason = await deliver(context, { ...input, facts: factsOf(context, input) });
    if (reason === undefined) return { isDelivered: true, reason: null };
    if (input.onFailure === "continue") return { isDelivered: false, reason };
    throw new ProtectorError("hook.failed", reason);
  },
  undo: async (context, input, output) => {
    if (input.undoUrl === null) return;
    const { operation, stepKey } = context;
    const undoes = { id: `${operation.id}:${stepKey}`, is_delivered: output?.isDelivered ?? null };
    const facts = { ...factsOf(context, input), undoes };
    const reason = await deliver({ ...context, stepKey: `${stepKey}:undo` }, { ...input, url: input.undoUrl, facts });
    if (reason !== undefined && input.onFailure === "stop") throw new ProtectorError("hook.failed", reason);
  },
};

function factsOf(context: StepContext, { facts }: CallHookInput): object {
  const member = facts.member && { ...facts.member, server_id: serverOf(context, facts.member.id) };
  return { ...facts, member };
}

/** @returns why it was not delivered. */
async function deliver(
  context: StepContext,
  call: Pick<CallHookInput, "url" | "timeoutSeconds" | "retries"> & { readonly facts: object },
): Promise<string | undefined> {
  const { url, timeoutSeconds, retries, facts } = call;
  let reason = "";
  for (let tries = 0; tries <= retries; tries += 1) {
    if (tries > 0) await context.clock.sleep(HOOK_PAUSE_MS, context.signal);
    const failure = await postSigned(context, { url, timeoutMs: timeoutSeconds * 1000, facts });
    if (failure === undefined) return undefined;
    reason = failure;
    context.report(null, failure);
  }
  const tries = retries === 0 ? "once" : `${retries + 1} times`;
  return `${new URL(url).origin} was called ${tries}: ${reason}.`;
}

function serverOf(context: StepContext, memberId: string): string | null {
  return context.outputIfAny<{ readonly serverId: string }>(`server.${memberId}`)?.serverId ?? null;
}
