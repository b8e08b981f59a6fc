import type { EnginePorts } from "../engine-ports.ts";
import type { LedgerEntry, LedgerWriter } from "../runner/ledger.ts";
import { confirmLedgerRow, holdsLedgerRow, saveLedgerRow } from "../runner/ledger-rows.ts";

/**
 * The journal of a step that is done as a duty, after its operation: outside objects are still written down before they
 * exist, but under no lease, and the step's own row stays as the operation left it.
 */
export class DutyJournal implements LedgerWriter {
  readonly #ports: EnginePorts;
  readonly #operation: { readonly id: string; readonly groupId: string };

  constructor(ports: EnginePorts, operation: { readonly id: string; readonly groupId: string }) {
    this.#ports = ports;
    this.#operation = operation;
  }

  writeLedger(
    stepKey: string,
    entry: LedgerEntry,
    state: Parameters<LedgerWriter["writeLedger"]>[2],
    externalId: string | null,
  ): Promise<void> {
    const { connection } = this.#ports;
    const { id, groupId } = this.#operation;
    return saveLedgerRow(connection.db, connection, { operationId: id, groupId, stepKey, entry, state, externalId });
  }

  confirmLedger(stepKey: string, entry: LedgerEntry, externalId: string): Promise<void> {
    const { connection } = this.#ports;
    return confirmLedgerRow(connection.db, connection, { operationId: this.#operation.id, stepKey, entry, externalId });
  }

  holdsLedger(stepKey: string, entry: LedgerEntry): Promise<boolean> {
    return holdsLedgerRow(this.#ports.connection.db, { operationId: this.#operation.id, stepKey, entry });
  }

  async writeStep(): Promise<void> {}
}
