import { codeOfWire } from "@protector/contract";
import { readOptionalJson } from "../../db/codecs.ts";
import { findOperation } from "../../db/repositories/operations.ts";
import { runOrderOf } from "../../domain/run-order.ts";
import { localSite } from "../world/site-directory.ts";
import { chooseGroups } from "./choose-groups.ts";
import type { GroupStep } from "./group-step.ts";
import type { Look } from "./look.ts";
import { type GroupPlan, mergePlans } from "./merge-plans.ts";
import { remedyOf } from "./silent-site.ts";

/** The plans that the groups' dry runs made, in one. */
export async function mergedPlan(look: Look) {
  const { ports, operation, steps } = look;
  const order = runOrderOf(operation);
  const { id: localSiteId } = await localSite(ports.connection);
  const choice = await chooseGroups(ports.connection, operation, { order, localSiteId });
  const plans: GroupPlan[] = [];
  for (const step of steps) plans.push(await groupPlan(look, step, localSiteId));
  return mergePlans(choice, order, plans);
}

async function groupPlan(look: Look, group: GroupStep, localSiteId: string): Promise<GroupPlan> {
  const { ports, operation } = look;
  const child =
    group.operationId === undefined ? undefined : await findOperation(ports.connection.db, { id: group.operationId });
  const plan = child && readOptionalJson(child.plan);
  if (plan) return { group, plan: { ...plan, steps: [] }, refusal: null };
  const error = (child && readOptionalJson(child.error)) ?? group.error;
  if (!error && !child) return { group, plan: null, refusal: null };
  const code = (error && codeOfWire(error.code)) ?? "internal";
  const detail = error?.detail ?? child?.status_reason ?? "no plan was made";
  return { group, plan: null, refusal: { code, detail, remedy: remedyOf(operation, error, localSiteId) ?? null } };
}
