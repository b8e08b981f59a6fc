/** Kinds of outside object that Protector makes. */
export type LedgerKind =
  | "server"
  | "port"
  | "volume"
  | "floating_ip"
  | "keypair"
  | "server_group"
  | "cinder_group"
  | "network"
  | "array_group"
  | "array_volume"
  | "volume_snapshot"
  | "kept_volume"
  | "recovery_point";

/** An object that a step is about to make. */
export interface LedgerEntry {
  readonly kind: LedgerKind;
  readonly siteId: string;
  readonly projectId: string | null;
  /** Name by which ours is found again. */
  readonly name: string;
}

/** Where ledger rows are written: the journal under the operation's lease, or a duty's own writes. */
export interface LedgerWriter {
  writeLedger(
    stepKey: string,
    entry: LedgerEntry,
    state: "intended" | "present" | "adopted" | "removed" | "orphan",
    externalId: string | null,
  ): Promise<void>;
  confirmLedger(stepKey: string, entry: LedgerEntry, externalId: string): Promise<void>;
  holdsLedger(stepKey: string, entry: LedgerEntry): Promise<boolean>;
}

/** The outside objects of one step: written down before they exist, and again when they do or are gone. */
export class Ledger {
  readonly #journal: LedgerWriter;
  readonly #stepKey: string;

  constructor(journal: LedgerWriter, stepKey: string) {
    this.#journal = journal;
    this.#stepKey = stepKey;
  }

  /** Before the call that makes the object. */
  intend(entry: LedgerEntry): Promise<void> {
    return this.#journal.writeLedger(this.#stepKey, entry, "intended", null);
  }

  /** The object is there. */
  present(entry: LedgerEntry, externalId: string): Promise<void> {
    return this.#journal.writeLedger(this.#stepKey, entry, "present", externalId);
  }

  /** The object is there; it is ours only if an earlier try intended it. */
  confirm(entry: LedgerEntry, externalId: string): Promise<void> {
    return this.#journal.confirmLedger(this.#stepKey, entry, externalId);
  }

  /** Whether this step has made the object, or may have. */
  isOurs(entry: LedgerEntry): Promise<boolean> {
    return this.#journal.holdsLedger(this.#stepKey, entry);
  }

  /** The object was seen to be gone. */
  removed(entry: LedgerEntry): Promise<void> {
    return this.#journal.writeLedger(this.#stepKey, entry, "removed", null);
  }
}
