import { listDrillSchedules, listKeptSnapshots } from "@protector/client";
import type { CommandContext } from "../context.ts";
import type { Candidate, NamedKind } from "./wanted.ts";

/** Most operations that are offered: the newest. */
const OPERATIONS = 30;

/** Names of a kind, as the near site knows them. */
export async function namesOf(
  context: CommandContext,
  kind: Exclude<NamedKind, "cloud">,
  group: string | undefined,
): Promise<readonly Candidate[]> {
  const { near } = context.sites;
  switch (kind) {
    case "group":
      return (await near.all("protection_groups.index")).map(({ name, status }) => ({ value: name, help: status }));
    case "kept_snapshot":
    case "member":
    case "point":
      return group === undefined ? [] : namesInGroup(context, kind, group);
    case "operation": {
      const query = { limit: OPERATIONS, is_dry_run: false };
      const { operations } = await near.call("operations.index", { query });
      return operations.map(({ id, type, status, protection_group_name: of }) => ({
        value: id,
        help: `${type.replaceAll("_", " ")} of ${of}: ${status}`,
      }));
    }
    case "plan":
      return (await near.all("recovery_plans.index")).map(({ name, group_count }) => ({
        value: name,
        help: `${group_count} groups`,
      }));
    case "schedule":
      return (await listDrillSchedules(context.sites)).schedules.map(({ name, subject_name, cron }) => ({
        value: name,
        help: `${subject_name ?? "(deleted)"}: ${cron}`,
      }));
    case "server":
      return (await context.near.cloud.compute.listServers({})).map(({ name, status }) => ({
        value: name,
        help: status,
      }));
    case "site":
      return (await near.all("site_summaries.index")).map(({ name, auth_url }) => ({ value: name, help: auth_url }));
    case "tenant_mapping":
      return (await near.all("tenant_mappings.index")).map(({ id, local_project_id, peer_project_id }) => ({
        value: id,
        help: `${local_project_id} = ${peer_project_id}`,
      }));
  }
}

async function namesInGroup(
  { sites }: CommandContext,
  kind: "kept_snapshot" | "member" | "point",
  group: string,
): Promise<readonly Candidate[]> {
  if (kind === "kept_snapshot") {
    const { kept } = await listKeptSnapshots(sites, group);
    return kept.map(({ snapshot }) => ({ value: snapshot.name, help: snapshot.reason }));
  }
  const path = { id: await sites.groupId(group) };
  if (kind === "member")
    return (await sites.near.all("members.index", { path })).map(({ name, status }) => ({ value: name, help: status }));
  const points = await sites.near.all("recovery_points.index", { path });
  return points.map(({ name, created_at }) => ({ value: name, help: created_at }));
}
