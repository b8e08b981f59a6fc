import type { StepContext } from "./step-handler.ts";
import { REQUEST_TIME_LIMIT_MS } from "./undo-run.ts";

/**
 * Looks for what an earlier try may have made. When its outcome is not known and nothing is found, looks again after the
 * service's own request time limit: until then the lost call may still arrive.
 */
export async function settledAbsence<T>(
  context: StepContext,
  look: () => Promise<readonly T[]>,
): Promise<readonly T[]> {
  const found = await look();
  if (found.length > 0 || context.unknownForMs === undefined) return found;
  const restMs = REQUEST_TIME_LIMIT_MS - context.unknownForMs;
  if (restMs <= 0) return found;
  context.report(null, `an earlier call may still arrive: looking again in ${Math.ceil(restMs / 1000)} s`);
  await context.clock.sleep(restMs, context.signal);
  return look();
}
