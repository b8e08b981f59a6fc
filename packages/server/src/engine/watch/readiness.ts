import type { CheckResult, Readiness } from "@protector/contract";
import { flag, isoTime, readJson, writeJson, writeTime } from "../../db/codecs.ts";
import type { EnginePorts } from "../engine-ports.ts";
import { failureOf } from "../runner/failure.ts";
import { type GroupView, loadGroup } from "../world/group-view.ts";
import { localSite, siteById } from "../world/site-directory.ts";
import { groupsToWatch } from "./group-list.ts";
import { examineGroup, examinePeer } from "./readiness-checks.ts";
import { forEachSubject } from "./rounds.ts";

/** ms within which a group is not looked at again unasked: several engines share the work. */
const FRESH_MS = 300_000;
/** Groups that are looked at at once: each look makes about thirty calls. */
const AT_ONCE = 4;
const WATCH = "readiness";

/** Looks whether every group whose primary is here could fail over now. */
export async function watchReadiness(ports: EnginePorts): Promise<void> {
  const subjects = await groupsToWatch(ports.connection);
  await forEachSubject(ports, { watch: WATCH, subjects, nameOf: (id) => id, atOnce: AT_ONCE }, async (groupId) => {
    const view = await loadGroup(ports.connection, groupId);
    const { checked_at } = readJson(view.group.readiness);
    const age = checked_at ? ports.clock.now() - Date.parse(checked_at) : Number.POSITIVE_INFINITY;
    if (age >= FRESH_MS && view.group.current_operation_id === null) await checkReadiness(ports, view);
  });
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
  await forEachSubject(
    ports,
    { watch: WATCH, subjects: rows, nameOf: ({ id }) => id, atOnce: AT_ONCE },
    async (row) => {
      await checkReadiness(ports, await loadGroup(connection, row.id));
      await connection.db
        .updateTable("protection_groups")
        .set({ readiness_requested_at: null })
        .where("id", "=", row.id)
        .where("readiness_requested_at", "=", row.readiness_requested_at)
        .execute();
    },
  );
}

/**
 * Looks at one group and stores what was found. When the look itself fails, what was found before stays beside the failure.
 */
async function checkReadiness(ports: EnginePorts, view: GroupView): Promise<void> {
  const { connection, clock } = ports;
  const local = await localSite(connection);
  const checks = await lookAt(ports, view, local.id);
  const isReady = checks.every((check) => check.result !== "error");
  const readiness: Readiness = {
    is_failover_ready: isReady,
    checked_at: isoTime(writeTime(clock.now())),
    checks: [...checks],
  };
  await connection.db
    .updateTable("protection_groups")
    .set({ readiness: writeJson(readiness), is_failover_ready: flag(isReady) })
    .where("id", "=", view.group.id)
    .where("epoch", "=", view.group.epoch)
    .execute();
}

async function lookAt(ports: EnginePorts, view: GroupView, localSiteId: string): Promise<readonly CheckResult[]> {
  const peer = await siteById(ports.connection, view.group.peer_site_id);
  if (view.group.primary_site_id !== localSiteId) {
    const reason = `The group runs at ${peer.name}: its readiness is looked at there.`;
    return [{ check: "primary", result: "warning", subject: view.group.name, reason, remedy: null }];
  }
  const about = examinePeer(view.group, peer);
  try {
    return [...about, ...(await examineGroup(ports, view, { localSiteId, peer }))];
  } catch (error) {
    const failure: CheckResult = {
      check: LOOK_FAILED,
      result: "error",
      subject: view.group.name,
      reason: `Not everything could be looked at: ${failureOf(error).error.message}`,
      remedy: "See that both sites and both arrays answer, then check again. Other lines may be of an earlier look.",
    };
    const fresh = new Set([...about, failure].map(({ check }) => check));
    const before = readJson(view.group.readiness).checks ?? [];
    return [...about, failure, ...before.filter(({ check }) => !fresh.has(check))];
  }
}

const LOOK_FAILED = "readiness.look";
