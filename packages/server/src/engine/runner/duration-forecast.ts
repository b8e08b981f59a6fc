import type { DurationForecast } from "@protector/contract";
import type { DatabaseConnection } from "../../db/connection.ts";
import { expectedSeconds } from "../plans/expected-duration.ts";
import { forecastError, isPromotion, type MeasuredKind, measuredSeconds } from "./measured-seconds.ts";
import type { OperationRow } from "./operation-store.ts";
import type { PlannedStep } from "./plan.ts";

/** Predicts how long a plan takes at the site that runs it, and tells how good such predictions have been there. */
export async function forecastDuration(
  connection: DatabaseConnection,
  kind: MeasuredKind & Pick<OperationRow, "mode">,
  steps: readonly PlannedStep[],
): Promise<DurationForecast> {
  const measured = await measuredSeconds(connection, kind);
  const { percent, operations } = await forecastError(connection, kind);
  return {
    seconds: expectedSeconds(steps, measured),
    basis: measured.size === 0 ? "usual" : isPromotion(kind) ? "tested" : "measured",
    error_percent: percent,
    compared_operations: operations,
  };
}
