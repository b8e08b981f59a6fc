import type { CreateDrillSchedule, DrillSchedule, UpdateDrillSchedule } from "@protector/contract";
import { type ApiError, clientError } from "./api-error.ts";
import { askBoth } from "./operations.ts";
import { findRecoveryPlan } from "./recovery-plans.ts";
import type { SiteClient } from "./site-client.ts";
import type { TwoSiteClient } from "./two-site-client.ts";

/** A drill schedule, and the name of the site that runs it. */
export type PlacedSchedule = DrillSchedule & { readonly site: string };

/** What is tested, by name or id; `site` overrides where. */
export interface DrillSubject {
  readonly group?: string;
  readonly plan?: string;
  readonly site?: SiteClient;
}

/** Drill schedules of both sites by name. @returns also the sites that gave no answer. */
export async function listDrillSchedules(
  sites: TwoSiteClient,
): Promise<{ readonly schedules: readonly PlacedSchedule[]; readonly silent: readonly ApiError[] }> {
  const { lists, silent } = await askBoth(sites, async (client) =>
    (await client.all("drill_schedules.index")).map((schedule) => ({ ...schedule, site: client.name })),
  );
  return { schedules: lists.flat().sort((a, b) => (a.name < b.name ? -1 : 1)), silent };
}

/** Creates a schedule at the site that tests run at: where the group, or the plan's groups, would be recovered. */
export async function createDrillSchedule(
  sites: TwoSiteClient,
  { group, plan, site }: DrillSubject,
  wanted: CreateDrillSchedule,
): Promise<PlacedSchedule> {
  const subject = group === undefined ? await ofPlan(sites, plan ?? "", site) : await ofGroup(sites, group, site);
  const { client, ...ids } = subject;
  const body = { drill_schedule: { ...wanted, ...ids } };
  const { drill_schedule } = await client.call("drill_schedules.create", { body });
  return { ...drill_schedule, site: client.name };
}

async function ofGroup(sites: TwoSiteClient, ref: string, site: SiteClient | undefined) {
  const { id, other } = await sites.inspectAndMend(ref);
  if (site) return { client: site, protection_group_id: id };
  if (!other.isReachable) throw other.failure;
  return { client: other.client, protection_group_id: id };
}

async function ofPlan(sites: TwoSiteClient, ref: string, site: SiteClient | undefined) {
  const { plan } = await findRecoveryPlan(sites, ref);
  return { client: site ?? (await sites.far()), recovery_plan_id: plan.id };
}

/**
 * A schedule by id or name at whichever site runs it.
 * @throws ApiError `drill_schedule.not_found`; `drill_schedule.invalid` when several have the name.
 */
export async function findDrillSchedule(
  sites: TwoSiteClient,
  ref: string,
): Promise<{ readonly client: SiteClient; readonly schedule: PlacedSchedule }> {
  const { lists, silent } = await askBoth(sites, async (client) =>
    (await client.all("drill_schedules.index")).map((schedule) => ({ client, schedule })),
  );
  const all = lists.flat();
  const named = all.filter(({ schedule }) => schedule.name === ref);
  const found = all.find(({ schedule }) => schedule.id === ref) ?? named[0];
  if (!found) {
    const unasked = silent.map(({ site }) => ` (${site} does not answer)`).join("");
    const detail = `No drill schedule "${ref}" at ${lists.length} sites that were asked${unasked}.`;
    throw clientError("drill_schedule.not_found", sites.near.name, detail);
  }
  if (named.length > 1 && found.schedule.id !== ref)
    throw clientError(
      "drill_schedule.invalid",
      sites.near.name,
      `Several drill schedules are named "${ref}"; use the id.`,
    );
  const { client } = found;
  const { drill_schedule } = await client.call("drill_schedules.show", { path: { id: found.schedule.id } });
  return { client, schedule: { ...drill_schedule, site: client.name } };
}

/** Changes a schedule. */
export async function updateDrillSchedule(
  sites: TwoSiteClient,
  ref: string,
  changes: UpdateDrillSchedule,
): Promise<PlacedSchedule> {
  const { client, schedule } = await findDrillSchedule(sites, ref);
  const body = { drill_schedule: changes };
  const { drill_schedule } = await client.call("drill_schedules.update", { path: { id: schedule.id }, body });
  return { ...drill_schedule, site: client.name };
}

/** Deletes a schedule; a drill that is under way goes on. */
export async function deleteDrillSchedule(sites: TwoSiteClient, ref: string): Promise<PlacedSchedule> {
  const { client, schedule } = await findDrillSchedule(sites, ref);
  await client.call("drill_schedules.delete", { path: { id: schedule.id } });
  return schedule;
}
