import { OutsideError } from "@protector/ports";
import type { StepHandler } from "../runner/step-handler.ts";
import { ignoreGone } from "./servers.ts";

/** Input of {@link ensureKeyPair}. */
export interface EnsureKeyPairInput {
  readonly name: string;
  readonly type: string;
  /** Null when nobody could read it. */
  readonly publicKey: string | null;
  /** Name that the mapping gives: taken when the user has that one. */
  readonly mappedName: string | null;
}

/**
 * Sees that the trust's user has the key pair, the mapped one or one of the same name; imports it when he has none of that name. A missing key never stops a
 * recovery: the server is then built without one.
 */
export const ensureKeyPair: StepHandler<EnsureKeyPairInput, { readonly name: string | null }> = {
  run: async (context, input) => {
    const tenant = await context.here.tenant();
    const { mappedName } = input;
    if (mappedName !== null && (await tenant.compute.findKeypair(mappedName))) return { name: mappedName };
    const entry = {
      kind: "keypair",
      siteId: context.here.siteId,
      projectId: context.here.projectId,
      name: input.name,
    } as const;
    if (await tenant.compute.findKeypair(input.name)) {
      if (context.attempt > 1) await context.ledger.confirm(entry, input.name);
      return { name: input.name };
    }
    if (input.publicKey === null) return { name: null };
    await context.ledger.intend(entry);
    try {
      await tenant.compute.importKeypair(input.name, input.publicKey, input.type);
    } catch (error) {
      const isRefused =
        error instanceof OutsideError && error.failure.effect === "none" && error.failure.status !== 409;
      if (isRefused && error.failure.failureClass !== "retryable") return { name: null };
      if (!(error instanceof OutsideError && error.failure.status === 409)) throw error;
    }
    await context.ledger.present(entry, input.name);
    return { name: input.name };
  },
  undo: async (context, input) => {
    const entry = {
      kind: "keypair",
      siteId: context.here.siteId,
      projectId: context.here.projectId,
      name: input.name,
    } as const;
    if (!(await context.ledger.isOurs(entry))) return;
    const tenant = await context.here.tenant();
    await ignoreGone(tenant.compute.deleteKeypair(input.name));
    await context.ledger.removed(entry);
  },
};
