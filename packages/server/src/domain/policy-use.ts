import { ProtectorError } from "@protector/contract";
import { listOwedDuties } from "../db/repositories/duties.ts";
import { listKeptSnapshots } from "../db/repositories/kept-snapshots.ts";
import type { Db } from "../db/transaction.ts";
import { standingTests } from "./standing-tests.ts";

/** A group whose policy is to go. */
interface PolicyHolder {
  readonly id: string;
  readonly name: string;
  /** How many members it has once the policy is gone. */
  readonly memberCount: number;
}

/**
 * Refuses to let a policy go while something at this site needs the arrays that it names: nobody could replicate it, clean
 * it up or delete it any more.
 * @throws ProtectorError `policy.in_use` naming what needs it.
 */
export async function requirePolicyUnused(db: Db, { memberCount, ...group }: PolicyHolder): Promise<void> {
  const tests = await standingTests(db, { groupId: group.id });
  const kept = await listKeptSnapshots(db, group.id);
  const duties = await listOwedDuties(db, { groupId: group.id });
  const uses = [
    ...(memberCount > 0 ? [`the group has ${memberCount === 1 ? "a member" : `${memberCount} members`}`] : []),
    ...tests.map(({ operation }) => `test failover ${operation.id} stands`),
    ...kept.map(({ name }) => `kept snapshot ${name} is on its array`),
    ...duties.map(({ subject, reason }) => `this site still owes "${subject}" (${reason}), which is done by itself`),
  ];
  if (uses.length === 0) return;
  throw new ProtectorError(
    "policy.in_use",
    `The replication policy of protection group "${group.name}" is in use: ${uses.join("; ")}.`,
  );
}
