import { withJitter } from "@protector/ports";
import { writeTime } from "../../db/codecs.ts";
import { forgetFindings } from "../../db/repositories/readiness-findings.ts";
import type { EnginePorts } from "../engine-ports.ts";
import { critical, type Finding, forGroup } from "../readiness/finding.ts";
import { failureOf } from "../runner/failure.ts";
import { type GroupView, loadGroup } from "../world/group-view.ts";
import { localSite, siteById } from "../world/site-directory.ts";
import { groupsDue } from "./group-list.ts";
import { examineGroup, examinePeer, examineStandby } from "./readiness-checks.ts";
import { type LookedAt, lastFindings, recordReadiness } from "./readiness-record.ts";
import { forEachSubject } from "./rounds.ts";
import { SharedAnswers } from "./shared-answers.ts";

/** Groups that are looked at at once. */
const AT_ONCE = 4;
/** Most groups of one round: their answers are held in memory meanwhile. Enough for 10,000 groups in ten minutes. */
const MOST_PER_ROUND = 600;
/** ms that an answer of a site serves for all groups of a round. */
const ANSWER_SERVES_MS = 60_000;
const DAY_MS = 24 * 3600 * 1000;
const WATCH = "readiness";

/**
 * Looks whether the groups whose time has come could fail over now: each once per `[engine] readiness_interval`, spread
 * over it, whichever engine of the site comes first.
 */
export async function watchReadiness(ports: EnginePorts): Promise<void> {
  const { connection, clock, settings } = ports;
  const due = await groupsDue(connection, { now: writeTime(clock.now()), most: MOST_PER_ROUND });
  const subjects = { watch: WATCH, subjects: due, nameOf: (id: string) => id, atOnce: AT_ONCE };
  await sharing(ports, (shared) =>
    forEachSubject(ports, subjects, async (groupId) => {
      const view = await claim(ports, groupId);
      if (view && view.group.current_operation_id === null) await checkReadiness(shared, view);
    }),
  );
  await forgetFindings(connection.db, writeTime(clock.now() - settings.readinessHistoryDays * DAY_MS));
}

/** Lets no other engine of the site look meanwhile. @returns undefined when one was faster. */
async function claim(ports: EnginePorts, groupId: string): Promise<GroupView | undefined> {
  const { connection, clock, random, settings } = ports;
  const view = await loadGroup(connection, groupId);
  const before = view.group.readiness_due_at;
  const next = writeTime(clock.now() + withJitter(settings.readinessMs, random));
  const claimed = await connection.db
    .updateTable("protection_groups")
    .set({ readiness_due_at: next })
    .where("id", "=", groupId)
    .where("readiness_due_at", before === null ? "is" : "=", before)
    .executeTakeFirst();
  return claimed.numUpdatedRows > 0n ? view : undefined;
}

/** Looks at once at the groups that a person asks about. */
export async function answerReadinessRequests(ports: EnginePorts): Promise<void> {
  const { connection } = ports;
  const rows = await connection.db
    .selectFrom("protection_groups")
    .select(["id", "readiness_requested_at"])
    .where("readiness_requested_at", "is not", null)
    .where("deleted_at", "is", null)
    .execute();
  if (rows.length === 0) return;
  const subjects = { watch: WATCH, subjects: rows, nameOf: (row: (typeof rows)[number]) => row.id, atOnce: AT_ONCE };
  await sharing(ports, (shared) =>
    forEachSubject(ports, subjects, async (row) => {
      await checkReadiness(shared, await loadGroup(connection, row.id));
      await connection.db
        .updateTable("protection_groups")
        .set({ readiness_requested_at: null })
        .where("id", "=", row.id)
        .where("readiness_requested_at", "=", row.readiness_requested_at)
        .execute();
    }),
  );
}

/** A round in which the groups share what they ask of sites and projects. */
async function sharing(ports: EnginePorts, round: (shared: EnginePorts) => Promise<void>): Promise<void> {
  const answers = new SharedAnswers(ports.clock, ports.transport, ANSWER_SERVES_MS);
  try {
    await round({ ...ports, transport: answers.transport });
  } finally {
    await answers.end();
  }
}

/** Looks at one group and stores what was found. */
async function checkReadiness(ports: EnginePorts, view: GroupView): Promise<void> {
  const local = await localSite(ports.connection);
  await recordReadiness(ports, view.group, await lookAt(ports, view, local.id));
}

/** When the look itself fails, what was found before stays beside the failure. */
async function lookAt(ports: EnginePorts, view: GroupView, localSiteId: string): Promise<LookedAt> {
  const peer = await siteById(ports.connection, view.group.peer_site_id);
  const isHere = view.group.primary_site_id === localSiteId;
  const about = isHere ? examinePeer(view.group, peer) : [];
  try {
    if (!isHere) {
      return { checks: await examineStandby(ports, view, { localSiteId, peer }), predictedRto: null };
    }
    const { checks, predictedRto } = await examineGroup(ports, view, { localSiteId, peer });
    return { checks: [...about, ...forGroup(view.group.name, checks)], predictedRto };
  } catch (error) {
    const failure = lookFailed(view, failureOf(error).error.message);
    const fresh = new Set([...about, failure].map(({ check }) => check));
    const before = lastFindings(view.group).filter(({ check }) => !fresh.has(check));
    return { checks: [...about, failure, ...before], predictedRto: null };
  }
}

function lookFailed({ group }: GroupView, why: string): Finding {
  return critical({
    check: "readiness.look",
    subject: group.name,
    reason: `Not everything could be looked at: ${why}`,
    remedy: "See that both sites and both arrays answer, then check again. Other lines may be of an earlier look.",
  });
}
