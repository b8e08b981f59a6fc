import type { DurationForecast, Readiness, ReadinessCheck, Severity } from "@protector/contract";
import { flag, isoTime, readJson, writeJson, writeTime } from "../../db/codecs.ts";
import {
  closeFindings,
  listOpenFindings,
  openFindings,
  type ReadinessFindingRow,
  renewFinding,
} from "../../db/repositories/readiness-findings.ts";
import type { ProtectionGroupsTable } from "../../db/schema.ts";
import { inTransaction } from "../../db/transaction.ts";
import type { EnginePorts } from "../engine-ports.ts";
import type { Finding } from "../readiness/finding.ts";

/** What one look at a group brought. */
export interface LookedAt {
  readonly checks: readonly Finding[];
  /** Null = nothing can be predicted. */
  readonly predictedRto: DurationForecast | null;
}

const ORDER: readonly (Severity | null)[] = ["critical", "warning", "info", null];

/**
 * Stores the result of a look, unless the group's primary role has changed meanwhile. A finding is known by its check and
 * subject: what is found again keeps its time, what is no longer found is kept with the time when it was gone.
 */
export async function recordReadiness(
  ports: EnginePorts,
  group: Pick<ProtectionGroupsTable, "id" | "epoch">,
  { checks, predictedRto }: LookedAt,
): Promise<void> {
  const now = writeTime(ports.clock.now());
  const isReady = checks.every(({ severity }) => severity !== "critical");
  await inTransaction(ports.connection.db, async (trx) => {
    const found = distinctFindings(checks);
    const open = new Map((await listOpenFindings(trx, group.id)).map((row) => [keyOfRow(row), row]));
    const since = (key: string) => isoTime(open.get(key)?.found_at ?? now);
    const dated = checks.map(
      (check): ReadinessCheck => ({ ...check, since: isKept(check) ? since(keyOf(check)) : null }),
    );
    const readiness: Readiness = {
      is_failover_ready: isReady,
      checked_at: isoTime(now),
      predicted_rto: predictedRto,
      checks: dated.sort((a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity)),
    };
    const saved = await trx
      .updateTable("protection_groups")
      .set({ readiness: writeJson(readiness), is_failover_ready: flag(isReady) })
      .where("id", "=", group.id)
      .where("epoch", "=", group.epoch)
      .executeTakeFirst();
    if (saved.numUpdatedRows === 0n) return;
    const gone = [...open].filter(([key]) => !found.has(key)).map(([, row]) => row.id);
    await closeFindings(trx, gone, now);
    const fresh = [...found].filter(([key]) => !open.has(key));
    await openFindings(
      trx,
      fresh.map(([, finding]) => ({
        ...finding,
        id: ports.random.uuid(),
        protection_group_id: group.id,
        found_at: now,
      })),
    );
    for (const [key, finding] of found) {
      const before = open.get(key);
      if (before && (before.reason !== finding.reason || before.severity !== finding.severity))
        await renewFinding(trx, before.id, finding);
    }
  });
}

type HistoryRow = Pick<ReadinessFindingRow, "check_name" | "severity" | "subject" | "reason" | "remedy">;

/** One row for what is found several times of one subject: two networks that are not mapped, say. */
function distinctFindings(checks: readonly Finding[]): ReadonlyMap<string, HistoryRow> {
  const found = new Map<string, HistoryRow>();
  for (const check of checks) {
    if (!isKept(check)) continue;
    const key = keyOf(check);
    const before = found.get(key);
    found.set(key, {
      check_name: check.check,
      severity: check.severity,
      subject: check.subject.slice(0, 255),
      reason: (before ? `${before.reason} ${check.reason}` : check.reason).slice(0, 4000),
      remedy: check.remedy,
    });
  }
  return found;
}

/** What is always told has no history. */
function isKept(check: Finding): check is Finding & { readonly severity: "critical" | "warning" } {
  return check.severity === "critical" || check.severity === "warning";
}

function keyOf({ check, subject }: Finding): string {
  return `${check} ${subject.slice(0, 255)}`;
}

function keyOfRow({ check_name, subject }: ReadinessFindingRow): string {
  return `${check_name} ${subject}`;
}

/** Findings of the last look that found out nothing about some matters. */
export function lastFindings({ readiness }: Pick<ProtectionGroupsTable, "readiness">): readonly Finding[] {
  return (readJson(readiness).checks ?? []).map(({ since: _, ...finding }) => finding);
}
