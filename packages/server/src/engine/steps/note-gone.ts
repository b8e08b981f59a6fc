import type { LedgerKind } from "../runner/ledger.ts";
import type { StepContext } from "../runner/step-handler.ts";

/**
 * Closes in the ledger what has been seen to be gone. The row that an earlier operation wrote when it made the object may
 * be in the other site's database: a row of this operation says that it is gone, by the name or the id that the other has.
 */
export async function noteGone(
  { ledger }: Pick<StepContext, "ledger">,
  siteId: string,
  gone: { readonly kind: LedgerKind; readonly names: Iterable<string> },
): Promise<void> {
  for (const name of gone.names) await ledger.removed({ kind: gone.kind, siteId, projectId: null, name });
}
