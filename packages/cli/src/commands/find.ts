import { clientError, groupIdAt, type SiteClient } from "@protector/client";
import type { Member } from "@protector/contract";
import type { Command } from "commander";
import type { SiteHandle } from "../cloud/site-handle.ts";
import type { CommandContext } from "../context.ts";
import { UsageError } from "../exit-codes.ts";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** What {@link atSite} adds. */
export interface SiteOption {
  readonly site?: string;
}

/** Lets a command that only looks look at one site. */
export function atSite(command: Command): Command {
  return command.option("--site <name>", "look at this site alone: a cloud of clouds.yaml, or a registered name");
}

/** The site that is named, else the near one. */
export async function siteOf(context: CommandContext, { site }: SiteOption): Promise<SiteClient> {
  return site === undefined ? context.sites.near : context.siteNamed(site);
}

/** The site that a group is read at: the one that is named; else the primary when it answers, else the other. */
export async function readingSite(
  context: CommandContext,
  ref: string,
  { site }: SiteOption = {},
): Promise<{ readonly client: SiteClient; readonly id: string }> {
  if (site !== undefined) {
    const client = await context.siteNamed(site);
    return { client, id: await groupIdAt(client, ref) };
  }
  const { id, primary, other } = await context.sites.inspectAndMend(ref);
  if (primary.isReachable && primary.group) return { client: primary.client, id };
  if (!primary.isReachable) context.warn(`${primary.name} does not answer; shown as ${other.name} knows it.`);
  if (other.isReachable) return { client: other.client, id };
  throw primary.isReachable ? other.failure : primary.failure;
}

/**
 * A member by name, id, or the id of its server on either site.
 * @throws ApiError `member.not_found`; UsageError when several have the name.
 */
export async function findMember(client: SiteClient, groupId: string, ref: string): Promise<Member> {
  const members = await client.all("members.index", { path: { id: groupId } });
  const byId = members.find((one) => one.id === ref || one.home_server_id === ref || one.peer_server_id === ref);
  if (byId) return byId;
  const [found, second] = members.filter((one) => one.name === ref);
  if (found && second) throw new UsageError(`Several members are named "${ref}"; use the id.`);
  if (found) return found;
  const names = members.map((one) => one.name).join(", ") || "none";
  throw clientError("member.not_found", client.name, `No member "${ref}" in the group. Members: ${names}`);
}

/**
 * Id of a server by name or id.
 * @throws ApiError `member.server_not_found`; UsageError when several have the name.
 */
export async function requireServerId({ cloud, client }: SiteHandle, ref: string): Promise<string> {
  if (UUID.test(ref)) return ref;
  const [found, second] = await cloud.compute.listServers({ name: ref });
  if (found && second) throw new UsageError(`Several servers at ${client.name} are named "${ref}"; use the id.`);
  if (found) return found.id;
  throw clientError("member.server_not_found", client.name, `No server "${ref}" at ${client.name}.`);
}
