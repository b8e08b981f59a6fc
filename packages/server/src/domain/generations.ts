import { ProtectorError } from "@protector/contract";
import { writeTime } from "../db/codecs.ts";
import type { Db } from "../db/transaction.ts";
import { digestOf, readDecided } from "./decided-group.ts";

/** A change of what people decided, already written to the rows of a transaction. */
export interface GenerationChange {
  readonly groupId: string;
  readonly localSiteId: string;
  /** ms since the UNIX epoch. */
  readonly now: number;
  /** Refuse when somebody else has raised it since; undefined = whatever it is. */
  readonly expected?: number;
}

/**
 * Counts a change: generation plus one, digest anew, in the transaction that made the change. To be called by whoever
 * changes what people decided (the engine too, when a member has come in or gone), and when the peer must be told of
 * new captured descriptions or servers: from then on the peer's receipt is owed.
 * @returns the new generation.
 * @throws ProtectorError `generation.conflict`; the transaction must then be rolled back.
 */
export async function raiseGeneration(transaction: Db, change: GenerationChange): Promise<number> {
  const { groupId, localSiteId, now, expected } = change;
  const group = await transaction
    .selectFrom("protection_groups")
    .selectAll()
    .where("id", "=", groupId)
    .executeTakeFirstOrThrow();
  requireGeneration(group, expected);
  const generation = group.generation + 1;
  const result = await transaction
    .updateTable("protection_groups")
    .set({
      generation,
      digest: digestOf(await readDecided(transaction, group, localSiteId)),
      updated_at: writeTime(now),
    })
    .where("id", "=", groupId)
    .where("generation", "=", group.generation)
    .executeTakeFirst();
  if (result.numUpdatedRows === 0n) throw conflict(group.name, group.generation);
  return generation;
}

/** @throws ProtectorError `generation.conflict` when a generation was named and is not the group's. */
export function requireGeneration(
  group: { readonly name: string; readonly generation: number },
  expected: number | undefined,
): void {
  if (expected !== undefined && expected !== group.generation) throw conflict(group.name, expected, group.generation);
}

function conflict(name: string, expected: number, found?: number): ProtectorError {
  const now = found === undefined ? "has changed meanwhile" : `is at generation ${found}`;
  return new ProtectorError("generation.conflict", `Protection group "${name}" ${now}, not at ${expected}.`);
}
