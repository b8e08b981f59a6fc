import type { OperationRow } from "../../db/repositories/operations.ts";
import type { OperationTools } from "./operation-tools.ts";

/** A person asks something of the operation, or the engine stops: what was being looked at is not needed any more. */
export class Asked extends Error {
  override readonly name = "Asked";
}

/** ms between two looks at whether somebody asks. */
const LOOK_MS = 2_000;

/**
 * Does what changes nothing and may take long, a look at sites that do not answer, until it is done or until a person asks
 * something of the operation. Calls under way are then left to themselves.
 * @throws Asked; what `work` throws.
 */
export async function unlessAsked<T>(
  { ports, keeper }: Pick<OperationTools, "ports" | "keeper">,
  { operation, signal }: { readonly operation: Pick<OperationRow, "id" | "request">; readonly signal: AbortSignal },
  work: () => Promise<T>,
): Promise<T> {
  const { clock, connection } = ports;
  const over = new AbortController();
  const either = AbortSignal.any([signal, keeper.signal, over.signal]);
  const somebodyAsks = async (): Promise<never> => {
    for (;;) {
      await clock.sleep(LOOK_MS, either);
      const row = await connection.db
        .selectFrom("dr_operations")
        .select("request")
        .where("id", "=", operation.id)
        .executeTakeFirst();
      if (row && row.request !== null && row.request !== operation.request) throw new Asked();
    }
  };
  try {
    return await Promise.race([work(), somebodyAsks()]);
  } catch (error) {
    if (signal.aborted && !keeper.signal.aborted) throw new Asked();
    throw error;
  } finally {
    over.abort(new Asked());
  }
}
