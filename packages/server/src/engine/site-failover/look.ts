import type { OperationRow, OperationSummary } from "../../db/repositories/operations.ts";
import type { EnginePorts } from "../engine-ports.ts";
import type { HeldLease, Journal } from "../runner/journal.ts";
import type { GroupStep } from "./group-step.ts";

/** What one look at a run works with. */
export interface Look {
  readonly ports: EnginePorts;
  readonly journal: Journal;
  readonly lease: HeldLease;
  readonly operation: OperationRow;
  readonly steps: readonly GroupStep[];
  readonly children: ReadonlyMap<string, OperationSummary>;
}
