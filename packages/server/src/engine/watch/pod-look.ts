import type { PodHealth, Protection } from "@protector/contract";
import { podOf } from "@protector/storage";
import { isoTime, writeJson, writeTime } from "../../db/codecs.ts";
import { isInSync } from "../../domain/replication-health.ts";
import type { EnginePorts } from "../engine-ports.ts";
import { checkPod, type ObservedPod, ownHalf } from "../plans/pod-checks.ts";
import { arrayGroupAt } from "../world/group-names.ts";
import type { ReplicatedGroup } from "../world/replicated-groups.ts";
import { siteById } from "../world/site-directory.ts";
import { unlessSilent } from "../world/within.ts";
import type { ArrayRound } from "./array-round.ts";

/** Whether a recovery is possible now. */
export interface Verdict {
  readonly protection: Protection;
  readonly reason: string | null;
}

/** The pod of a group, as its arrays tell of it. */
export interface PodLook {
  readonly observed: ObservedPod;
  readonly health: PodHealth;
}

/**
 * Asks the arrays of a group at its primary and at its other site for the pod that its volumes are in; an array that does not
 * answer is known by the word of the other one. Undefined when they are in none, or no array answers.
 */
export async function lookAtPod(
  { ports, round, view }: { readonly ports: EnginePorts; readonly round: ArrayRound; readonly view: ReplicatedGroup },
  { sourceSiteId, targetSiteId }: { readonly sourceSiteId: string; readonly targetSiteId: string },
): Promise<PodLook | undefined> {
  const name = podOf(arrayGroupAt(view, sourceSiteId));
  if (name === undefined) return undefined;
  const ask = async (siteId: string) => {
    const { name: siteName } = await siteById(ports.connection, siteId);
    return unlessSilent(round.podAt(view, { siteId, siteName }, name));
  };
  const observed = { name, source: await ask(sourceSiteId), target: await ask(targetSiteId) };
  if (!observed.source && !observed.target) return undefined;
  return { observed, health: { name, halves: halvesOf(observed) } };
}

function halvesOf({ source, target }: ObservedPod): PodHealth["halves"] {
  const told = [source, target].filter((each) => each !== undefined);
  const rows = new Map(told.flatMap(({ pod }) => pod?.halves ?? []).map((half) => [half.arrayId, half]));
  // Of itself an array knows best.
  for (const at of told) {
    const own = ownHalf(at);
    if (own) rows.set(own.arrayId, own);
  }
  return [...rows.values()].map(({ array, status, mediator, progress, frozenAt }) => ({
    array,
    status,
    mediator,
    progress: progress ?? null,
    frozen_at: frozenAt === undefined ? null : isoTime(writeTime(frozenAt)),
  }));
}

/** Writes down how the pod is, and how old what a recovery would find in it; null = the group is in none. */
export async function notePod(ports: EnginePorts, view: ReplicatedGroup, look: PodLook | undefined): Promise<void> {
  const pod = look ? writeJson(look.health) : null;
  const at = look && newestData(look.health, ports.clock.now());
  if (pod === view.group.pod && at === undefined) return;
  await ports.connection.db
    .updateTable("protection_groups")
    .set({ pod, ...(at === undefined ? {} : { last_recovery_point_at: writeTime(at) }) })
    .where("id", "=", view.group.id)
    .where("primary_site_id", "=", view.group.primary_site_id)
    .where("epoch", "=", view.group.epoch)
    .execute();
}

/** ms since the UNIX epoch; undefined when nobody says since when a half is behind. */
function newestData(health: PodHealth, now: number): number | undefined {
  if (isInSync(health)) return now;
  const frozen = health.halves.flatMap(({ frozen_at }) => (frozen_at === null ? [] : [Date.parse(frozen_at)]));
  return frozen.length === 0 ? undefined : Math.min(...frozen);
}

/** Whether the pod protects the group. */
export function judgePod({ observed, health }: PodLook): Verdict {
  const [problem] = checkPod(observed).filter(({ result }) => result === "error");
  const resyncing = health.halves.find(({ status }) => status === "resyncing");
  if (resyncing) {
    const percent = resyncing.progress === null ? "" : ` (${Math.floor(resyncing.progress * 100)} %)`;
    return { protection: "seeding", reason: `pod ${health.name} is resyncing at ${resyncing.array}${percent}` };
  }
  const away = health.halves.find(({ status }) => status !== "online");
  const reason = problem?.reason ?? (away ? `Pod ${health.name} is ${away.status} at ${away.array}.` : undefined);
  return reason === undefined ? { protection: "protected", reason: null } : { protection: "unprotected", reason };
}
