import { type CheckResult, ProtectorError } from "@protector/contract";
import { OutsideError } from "@protector/ports";
import type { Marker } from "@protector/storage";
import { readJson, writeJson } from "../../db/codecs.ts";
import { insertDuty } from "../../db/repositories/duties.ts";
import { nextEpoch, primaryAt } from "../../domain/epochs.ts";
import { raiseGeneration } from "../../domain/generations.ts";
import { finding } from "../plans/findings.ts";
import { barrier, step } from "../plans/planned-step.ts";
import { allowSteps } from "../plans/replication-type.ts";
import { RECOVERED_DUTY } from "../watch/duty.ts";
import { arrayGroupAt } from "../world/group-names.ts";
import { serverAt } from "../world/group-view.ts";
import { replicationSettings } from "../world/observe-failover.ts";
import { stableId } from "./stable-id.ts";
import { outputOf } from "./step-output.ts";
import { fromHere, type PlanningContext, type Workflow, type WorkflowTransaction } from "./workflow.ts";

/**
 * Brings a group's servers back where they were, when a failover away from here cannot finish. Needs nothing of the other
 * site: its array and cloud are asked, and what does not answer becomes a duty.
 */
export const reclaim: Workflow = {
  type: "reclaim",
  direction: fromHere,
  plan: planReclaim,
  end: async (context, end) => {
    if (end === "completed" || end === "completed_with_errors") await recordReclaim(context);
  },
  report: ({ view, steps }) => ({
    members: view.members.map((member) => {
      const back = outputOf<{ status: string }>(steps, `back.${member.id}`);
      return {
        member_id: member.id,
        name: member.name,
        status: back ? back.status : "error",
        server_id: member.row.home_server_id,
        addresses: [],
        downtime_seconds: null,
        error: steps.find((each) => each.key === `back.${member.id}`)?.error ?? null,
      };
    }),
    recoveryPoint: null,
    dataLossSeconds: 0,
    downtimeSeconds: null,
    leftovers: steps
      .filter((each) => (each.output as { owed?: boolean } | undefined)?.owed)
      .map((each) => ({ subject: each.title, reason: "owed: done when the site answers again" })),
  }),
};

async function planReclaim(context: PlanningContext) {
  const { view, source, target } = context;
  const [own, other] = await Promise.all([
    source.array.readMarker(view.group.id),
    unlessSilent(target.array.readMarker(view.group.id)),
  ]);
  const highest = Math.max(view.group.epoch, own?.epoch ?? 0, other?.epoch ?? 0);
  const epoch = nextEpoch(highest, { primary: source.siteId, peer: target.siteId });
  const steps = reclaimSteps(context, epoch);
  return {
    steps,
    blockers: blockersOf(context, own, [own, other]),
    warnings: [],
    expectedDataLossSeconds: 0,
    recoveryPoint: null,
  };
}

/** The other site has taken over: its servers may run. Only a typed reason overrides that. */
function blockersOf(
  context: PlanningContext,
  own: Marker | undefined,
  markers: readonly (Marker | undefined)[],
): CheckResult[] {
  const { view, source, target, operation } = context;
  const found: CheckResult[] = [];
  if (!own)
    found.push(
      finding("marker.missing", source.siteName, `The group's marker is missing on the array at ${source.siteName}.`),
    );
  if (view.members.length > 0 && view.members.every((member) => serverAt(view, member, source.siteId) === null))
    found.push(finding("reclaim.not_here", source.siteName, `None of the group's servers is at ${source.siteName}.`));
  const { reason } = readJson(operation.parameters) as { reason?: string };
  const foreign = markers.find((marker) => {
    if (!marker || marker.epoch <= view.group.epoch) return false;
    return primaryAt(view.group, source.siteId, marker.epoch) === target.siteId;
  });
  if (foreign && !reason) {
    const text = `The marker says epoch ${foreign.epoch}: ${target.siteName} has taken the group over, and its servers may be running there.`;
    found.push(finding("reclaim.reason_required", target.siteName, text));
  }
  return found;
}

function reclaimSteps({ view, source, target }: PlanningContext, epoch: number) {
  const arrayGroup = arrayGroupAt(view, source.siteId);
  const members = view.members.filter((member) => member.description && serverAt(view, member, source.siteId));
  return [
    step("epoch.source", "fire", "marker.claim", `Make ${source.siteName} primary on its array`, "switch", "source", {
      input: { epoch },
      settings: { isPointOfNoReturn: true },
    }),
    step(
      "epoch.target",
      "fire",
      "marker.claim",
      `Make ${source.siteName} primary on the array at ${target.siteName}`,
      "switch",
      "target",
      {
        input: { epoch },
        dependsOn: ["epoch.source"],
        settings: { onFailure: "duty", timeoutMs: 60_000 },
      },
    ),
    step(
      "schedule.on",
      "ensure",
      "replication.schedule",
      `Turn on the replication schedule at ${source.siteName}`,
      "recover",
      "source",
      {
        input: { arrayGroup, settings: replicationSettings(view) },
        dependsOn: ["epoch.source"],
      },
    ),
    // A failover that has ended there lets nothing in any more.
    ...allowSteps({ group: { arrayGroup }, target }, { phase: "recover", after: "epoch.target" }).map((each) => ({
      ...each,
      settings: { ...each.settings, onFailure: "duty" as const, timeoutMs: 60_000 },
    })),
    ...members.map((member) =>
      step(
        `back.${member.id}`,
        "fire",
        "server.bring_back",
        `Bring ${member.name} back at ${source.siteName}`,
        "recover",
        "source",
        {
          memberId: member.id,
          input: {
            serverId: serverAt(view, member, source.siteId),
            name: member.name,
            shouldRun: member.description?.was_running ?? true,
            wasLocked: member.description?.was_locked ?? false,
            lockedReason: member.description?.locked_reason ?? null,
            arrayVolumes: member.description?.volumes.map((volume) => volume.array_volume) ?? [],
          },
          dependsOn: ["epoch.source"],
          after: ["epoch.target"],
          settings: { onFailure: "member", weight: 5 },
        },
      ),
    ),
    barrier("back", "All servers are back", "verify", "source", {
      after: members.map((member) => `back.${member.id}`),
    }),
    step("marker.release.source", "ensure", "marker.release_here", "Give the group back", "finish", "source", {
      after: ["back", "schedule.on"],
      dependsOn: ["epoch.source"],
    }),
    step(
      "marker.release.target",
      "ensure",
      "marker.release_here",
      `Give the group back at ${target.siteName}`,
      "finish",
      "target",
      {
        after: ["back"],
        dependsOn: ["epoch.target"],
        settings: { onFailure: "duty", timeoutMs: 60_000 },
      },
    ),
  ];
}

async function recordReclaim(context: WorkflowTransaction): Promise<void> {
  const { trx, connection, view, steps, sourceSiteId, targetSiteId, localSiteId, now } = context;
  const epoch = outputOf<{ epoch: number }>(steps, "epoch.source")?.epoch ?? view.group.epoch;
  const isHome = view.group.home_site_id === sourceSiteId;
  await trx
    .updateTable("protection_groups")
    .set({
      status: isHome ? "active" : "failed_over",
      primary_site_id: sourceSiteId,
      peer_site_id: targetSiteId,
      epoch,
      protection: "seeding",
      protection_reason: "waiting for a recovery point after the servers came back",
      updated_at: connection.now(),
    })
    .where("id", "=", view.group.id)
    .execute();
  for (const member of view.members) {
    const isBack = outputOf(steps, `back.${member.id}`) !== undefined;
    await trx
      .updateTable("pg_members")
      .set({ status: isBack ? "protected" : "error", updated_at: connection.now() })
      .where("id", "=", member.id)
      .execute();
  }
  if (isHome) await oweRecoveredScan(context);
  await raiseGeneration(trx, { groupId: view.group.id, localSiteId, now });
}

/**
 * Makes a look for servers due that the other site has recovered: a failover may have ended there without a document that
 * says so having come. Of a group that is away the servers at home are known.
 */
async function oweRecoveredScan({
  trx,
  connection,
  operation,
  view,
  targetSiteId,
}: WorkflowTransaction): Promise<void> {
  const id = stableId(operation.id, RECOVERED_DUTY);
  const known = await trx.selectFrom("duties").select("id").where("id", "=", id).executeTakeFirst();
  if (known) return;
  await insertDuty(trx, {
    id,
    protection_group_id: view.group.id,
    operation_id: operation.id,
    site_id: targetSiteId,
    kind: RECOVERED_DUTY,
    subject: `Look for servers of ${view.group.name} that the other site had recovered`,
    input: writeJson({}),
    reason: "the group was reclaimed: what the other site had recovered before is not known here",
    next_look_at: null,
    created_at: connection.now(),
  });
}

/** What a site answers; undefined when it does not. */
async function unlessSilent<T>(question: Promise<T>): Promise<T | undefined> {
  try {
    return await question;
  } catch (error) {
    if (error instanceof OutsideError || error instanceof ProtectorError) return undefined;
    throw error;
  }
}
