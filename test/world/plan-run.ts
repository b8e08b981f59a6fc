import type { DecidedPlan, RecoveryPlanAction } from "@protector/contract";
import { seedServer } from "@protector/simulator";
import { flag, writeJson, writeTime } from "../../packages/server/src/db/codecs.ts";
import { newOperationRow } from "../../packages/server/src/db/new-rows.ts";
import { listChildren, type OperationSummary } from "../../packages/server/src/db/repositories/operations.ts";
import { writePlan } from "../../packages/server/src/domain/recovery-plan-content.ts";
import { modeOf } from "../../packages/server/src/domain/run-order.ts";
import { type GroupStep, loadGroupSteps } from "../../packages/server/src/engine/site-failover/group-step.ts";
import { addMember, carry, createGroup, run } from "./protected-group.ts";
import { createTwoSites, type TwoSites } from "./two-sites.ts";

/** Protected groups of one server each at site A, known to site B. */
export interface ManyGroups {
  readonly sites: TwoSites;
  /** Ids by name: `g1`, `g2`, … */
  readonly ids: Readonly<Record<string, string>>;
}

/** Groups `g1` to `g<count>`, each with one running server `srv-<n>`. */
export async function protectGroups(count: number): Promise<ManyGroups> {
  const sites = await createTwoSites();
  const { a, b, world } = sites;
  const { basics, project, user, web, front, keyName } = a.tenant;
  const ids: Record<string, string> = {};
  for (let number = 1; number <= count; number += 1) {
    const name = `srv-${number}`;
    const { server } = seedServer(world.cloud("site-a"), {
      name,
      owner: { project, user },
      flavor: basics.flavors.small,
      disks: [{ name, sizeGiB: 4, type: basics.replicated }],
      nics: [{ on: front, securityGroups: [web] }],
      keyName,
    });
    const id = await createGroup(sites, [], `g${number}`);
    await run(sites, a, id, { type: "group_create" });
    await addMember(sites, id, { serverId: server.id, name, tier: 0 });
    await run(sites, a, id, { type: "sync" });
    await carry(sites, a, b, id);
    ids[`g${number}`] = id;
  }
  return { sites, ids };
}

/** A group's place in a plan of a test, by name. */
export interface Place {
  readonly tier?: number;
  readonly after?: readonly string[];
  readonly isCritical?: boolean;
}

/** Writes a plan over groups at site B, as if it had been carried there; answers its id. */
export async function planOver(
  { sites, ids }: ManyGroups,
  places: Readonly<Record<string, Place>>,
  concurrency = 5,
): Promise<string> {
  const { b, world } = sites;
  const id = world.random.uuid();
  const idOf = (name: string) => ids[name] ?? name;
  const groups = Object.entries(places).map(([name, { tier = 0, after = [], isCritical = false }]) => ({
    protection_group_id: idOf(name),
    tier,
    depends_on: after.map(idOf),
    delay_seconds: 0,
    is_critical: isCritical,
  }));
  const decided: DecidedPlan = { name: "everything", description: "", concurrency, groups };
  const version = { id, projectId: b.projectId, decided, generation: 1, isDeleted: false, now: world.clock.now() };
  await writePlan(b.connection.db, version);
  return id;
}

export interface RunWish {
  readonly action: RecoveryPlanAction;
  /** Null: every group between the two sites. */
  readonly planId: string | null;
  readonly concurrency?: number;
  readonly isDryRun?: boolean;
}

/** Orders a run at site B as the API does; answers its id. */
export async function orderRun(
  { sites: { a, b, world } }: ManyGroups,
  { action, planId, concurrency = 5, isDryRun = false }: RunWish,
): Promise<string> {
  const id = world.random.uuid();
  await b.connection.db
    .insertInto("dr_operations")
    .values(
      newOperationRow({
        id,
        type: "site_failover",
        mode: modeOf(action),
        is_dry_run: flag(isDryRun),
        protection_group_id: null,
        protection_group_name: planId === null ? "site-a" : "everything",
        recovery_plan_id: planId,
        project_id: "operators",
        user_id: "somebody-else",
        site_id: b.id,
        parameters: writeJson({ action, peerSiteId: planId === null ? a.id : null, concurrency }),
        request_id: `req-${id}`,
        created_at: writeTime(world.clock.now()),
      }),
    )
    .execute();
  return id;
}

/** What a run came to, group by group. */
export interface RunView {
  readonly status: string;
  readonly reason: string | null;
  readonly steps: readonly GroupStep[];
  readonly children: readonly OperationSummary[];
  /** Status of the step of each group, by name. */
  readonly byName: Readonly<Record<string, string>>;
}

export async function viewRun({ sites: { b } }: ManyGroups, id: string): Promise<RunView> {
  const { status, status_reason: reason } = await b.connection.db
    .selectFrom("dr_operations")
    .select(["status", "status_reason"])
    .where("id", "=", id)
    .executeTakeFirstOrThrow();
  const steps = await loadGroupSteps(b.connection, id);
  const children = await listChildren(b.connection.db, id);
  const byName = Object.fromEntries(steps.map((step) => [step.name, step.status]));
  return { status, reason, steps, children, byName };
}

/** Names of servers that run at a site, in order. */
export function runningAt({ sites: { world } }: ManyGroups, site: "site-a" | "site-b"): readonly string[] {
  const servers = [...world.cloud(site).compute.servers.values()];
  return servers
    .filter(({ vmState }) => vmState === "active")
    .map(({ name }) => name)
    .sort();
}
