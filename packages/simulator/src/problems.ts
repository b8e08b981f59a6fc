/**
 * What must never happen in a world under test: data corruption and misuse that a real site would only notice later.
 *
 * | kind | meaning |
 * |---|---|
 * | `overwritten_while_connected` | the content of a volume changed under a host that has it connected |
 * | `written_by_two` | two running servers have the same array volume as a disk |
 * | `connected_twice` | a second host was connected to a volume that is not multi-attach |
 * | `managed_twice` | `manage` took an array volume away from the Cinder volume that already had it |
 * | `internal` | the simulator itself failed |
 */
export type ProblemKind =
  | "overwritten_while_connected"
  | "written_by_two"
  | "connected_twice"
  | "managed_twice"
  | "internal";

export interface Problem {
  readonly kind: ProblemKind;
  /** ms since the UNIX epoch. */
  readonly at: number;
  /** Cloud or array. */
  readonly where: string;
  readonly message: string;
}

/** The list that tests assert to be empty. */
export class Problems {
  readonly list: Problem[] = [];

  record(problem: Problem): void {
    this.list.push(problem);
  }
}
