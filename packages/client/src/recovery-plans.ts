import type { RecoveryPlan, RequestOf } from "@protector/contract";
import { ApiError, clientError, hasCode } from "./api-error.ts";
import type { SiteClient } from "./site-client.ts";
import type { Changed, Delivery, TwoSiteClient } from "./two-site-client.ts";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** A plan as it is asked for. */
export type NewRecoveryPlan = RequestOf<"recovery_plans.create">["recovery_plan"];
export type RecoveryPlanChanges = RequestOf<"recovery_plans.update">["recovery_plan"];

/**
 * Plans of the near site, after both sites have been told what the other knows: a plan has no primary, the newer version
 * stands at both.
 * @returns also why the other site could not be told.
 */
export async function listRecoveryPlans(
  sites: TwoSiteClient,
): Promise<{ readonly plans: readonly RecoveryPlan[]; readonly silence: ApiError | undefined }> {
  const silence = await exchangePlans(sites);
  return { plans: await sites.near.all("recovery_plans.index"), silence };
}

/**
 * A plan by id or name, with its groups as the near site knows them, else the far.
 * @throws ApiError `recovery_plan.not_found`
 */
export async function findRecoveryPlan(
  sites: TwoSiteClient,
  ref: string,
): Promise<{ readonly plan: RecoveryPlan; readonly client: SiteClient; readonly silence: ApiError | undefined }> {
  const silence = await exchangePlans(sites);
  const near = await orSilence(planAt(sites.near, ref));
  if (near && !(near instanceof ApiError)) return { plan: near, client: sites.near, silence };
  const other = await sites.farOrFailure();
  const far = other instanceof ApiError ? other : await orSilence(planAt(other, ref));
  if (far && !(far instanceof ApiError) && !(other instanceof ApiError)) {
    return { plan: far, client: other, silence: near instanceof ApiError ? near : silence };
  }
  if (near instanceof ApiError && far instanceof ApiError) throw near;
  throw clientError("recovery_plan.not_found", sites.near.name, `No recovery plan "${ref}" at ${sites.near.name}.`);
}

/** Creates a plan at the near site and takes it to the other. */
export async function createRecoveryPlan(sites: TwoSiteClient, plan: NewRecoveryPlan): Promise<Changed<RecoveryPlan>> {
  await exchangePlans(sites);
  const { recovery_plan: value } = await sites.near.call("recovery_plans.create", { body: { recovery_plan: plan } });
  return { value, client: sites.near, delivery: await deliver(sites, sites.near, value.id) };
}

/**
 * Changes a plan and takes the change to the other site; one that does not answer learns of it with the next command.
 * @param make what is changed, from the plan as it is.
 */
export async function updateRecoveryPlan(
  sites: TwoSiteClient,
  ref: string,
  make: (plan: RecoveryPlan) => RecoveryPlanChanges,
): Promise<Changed<RecoveryPlan>> {
  const { plan, client } = await findRecoveryPlan(sites, ref);
  const body = { recovery_plan: { generation: plan.generation, ...make(plan) } };
  const { recovery_plan: value } = await client.call("recovery_plans.update", { path: { id: plan.id }, body });
  return { value, client, delivery: await deliver(sites, client, plan.id) };
}

/** Deletes a plan at both sites; its groups stay. */
export async function deleteRecoveryPlan(sites: TwoSiteClient, ref: string): Promise<Changed<RecoveryPlan>> {
  const { plan, client } = await findRecoveryPlan(sites, ref);
  await client.call("recovery_plans.delete", { path: { id: plan.id } });
  return { value: plan, client, delivery: await deliver(sites, client, plan.id) };
}

async function planAt(client: SiteClient, ref: string): Promise<RecoveryPlan | undefined> {
  const id = UUID.test(ref) ? ref : (await client.all("recovery_plans.index", { query: { name: ref } }))[0]?.id;
  if (id === undefined) return undefined;
  try {
    return (await client.call("recovery_plans.show", { path: { id } })).recovery_plan;
  } catch (error) {
    if (hasCode(error, "recovery_plan.not_found")) return undefined;
    throw error;
  }
}

async function orSilence<T>(asked: Promise<T>): Promise<T | ApiError> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof ApiError && error.isSilence) return error;
    throw error;
  }
}

async function deliver(sites: TwoSiteClient, from: SiteClient, id: string): Promise<Delivery> {
  try {
    const far = await sites.far();
    await carryPlan(id, from, from === sites.near ? far : sites.near);
    return { isDelivered: true, receipt: undefined };
  } catch (error) {
    if (error instanceof ApiError) return { isDelivered: false, failure: error };
    throw error;
  }
}

/** Takes a plan's document to the other site. Doing it again does no harm. */
async function carryPlan(id: string, from: SiteClient, to: SiteClient): Promise<void> {
  const body = await from.call("recovery_plans.document", { path: { id } });
  try {
    await to.call("recovery_plans.deliver", { path: { id }, body });
  } catch (error) {
    if (!hasCode(error, "recovery_plan.stale")) throw error;
    // Changed there meanwhile: that version stands.
    const newer = await to.call("recovery_plans.document", { path: { id } });
    await from.call("recovery_plans.deliver", { path: { id }, body: newer });
  }
}

/** Tells each site what the other knows; answers why it could not be done. */
async function exchangePlans(sites: TwoSiteClient): Promise<ApiError | undefined> {
  const other = await sites.farOrFailure();
  if (other instanceof ApiError) return other;
  try {
    const [here, there] = await Promise.all([sites.near, other].map((client) => client.all("recovery_plans.index")));
    const versions = (plans: readonly RecoveryPlan[] = []) =>
      new Map(plans.map(({ id, generation, digest }) => [id, `${generation} ${digest}`]));
    const [near, far] = [versions(here), versions(there)];
    for (const id of new Set([...near.keys(), ...far.keys()])) {
      if (near.get(id) === far.get(id)) continue;
      await (near.has(id) ? carryPlan(id, sites.near, other) : carryPlan(id, other, sites.near));
    }
    return undefined;
  } catch (error) {
    if (error instanceof ApiError && error.isSilence) return error;
    throw error;
  }
}
