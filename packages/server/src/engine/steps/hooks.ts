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
 * its `id` is the same, so that who receives it can tell.
 * @throws ProtectorError `hook.failed` when the last try has failed and that is to stop the recovery.
 */
export const callHook: StepHandler<CallHookInput, CalledHook> = {
  run: async (context, input) => {
    let reason = "";
    for (let tries = 0; tries <= input.retries; tries += 1) {
      if (tries > 0) await context.clock.sleep(HOOK_PAUSE_MS, context.signal);
      const failure = await post(context, input);
      if (failure === undefined) return { isDelivered: true, reason: null };
      reason = failure;
      context.report(null, failure);
    }
    const tries = input.retries === 0 ? "once" : `${input.retries + 1} times`;
    const text = `${new URL(input.url).origin} was called ${tries}: ${reason}.`;
    if (input.onFailure === "continue") return { isDelivered: false, reason: text };
    throw new ProtectorError("hook.failed", text);
  },
};

/** @returns why it was not delivered. */
function post(context: StepContext, { url, timeoutSeconds, facts }: CallHookInput): Promise<string | undefined> {
  const member = facts.member && { ...facts.member, server_id: serverOf(context, facts.member.id) };
  return postSigned(context, { url, timeoutMs: timeoutSeconds * 1000, facts: { ...facts, member } });
}

function serverOf(context: StepContext, memberId: string): string | null {
  return context.outputIfAny<{ readonly serverId: string }>(`server.${memberId}`)?.serverId ?? null;
}
