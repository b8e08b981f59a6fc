import { HttpTransportError } from "@protector/ports";
import { isOutsideAddressAllowed, isOutsideUrlAllowed } from "../../domain/outside-addresses.ts";
import type { StepContext } from "../runner/step-handler.ts";

/** Who posts: a step of an operation, or what stands for one. */
export type PostSender = Pick<StepContext, "outbound" | "stepKey" | "clock" | "signal"> & {
  readonly operation: { readonly id: string };
};

/** What is posted to a web service outside. */
export interface SignedPost {
  readonly url: string;
  readonly timeoutMs: number;
  /** The body, beside what every one has: `id` of the step, `issued_at`, `site_id`. */
  readonly facts: object;
}

/**
 * Posts facts, signed with this site's key over the bytes of the body. The same step has the same `id` each time.
 * @returns why it was not answered with 2xx; undefined when it was.
 */
export async function postSigned(
  context: PostSender,
  { url, timeoutMs, facts }: SignedPost,
): Promise<string | undefined> {
  const { hooks, http, identity } = context.outbound;
  if (!isOutsideUrlAllowed(url, hooks.networks)) return "it is not in [hooks] networks of this engine";
  const { siteId, signText } = await identity();
  const body = JSON.stringify({
    id: `${context.operation.id}:${context.stepKey}`,
    issued_at: new Date(context.clock.now()).toISOString(),
    site_id: siteId,
    ...facts,
  });
  try {
    const { status } = await http({
      method: "POST",
      url,
      headers: {
        "content-type": "application/json",
        "user-agent": "protector-engine",
        "protector-signature": `ed25519=${signText(body)}`,
      },
      body,
      timeoutMs,
      tls: hooks.tls,
      signal: context.signal,
      isAddressAllowed: (address) => isOutsideAddressAllowed(address, hooks.networks),
    });
    return status >= 200 && status < 300 ? undefined : `it answered ${status}`;
  } catch (error) {
    if (!(error instanceof HttpTransportError)) throw error;
    return error.fault === "unreachable" ? "it cannot be reached" : `it did not answer within ${timeoutMs / 1000} s`;
  }
}
