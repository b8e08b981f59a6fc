import { mapTenants, type PageRequest, unmapTenants } from "@protector/client";
import type { TenantMapping } from "@protector/contract";
import type { Command } from "commander";
import type { SiteHandle } from "../cloud/site-handle.ts";
import type { CommandContext } from "../context.ts";
import { UsageError } from "../exit-codes.ts";
import type { Column } from "../output/column.ts";
import { type Act, yields } from "./command.ts";
import { atSite, type SiteOption, siteOf } from "./find.ts";
import { paged } from "./paging.ts";

const LIST: readonly Column<TenantMapping>[] = [
  { name: "id" },
  { name: "site_id" },
  { name: "local_project_id" },
  { name: "peer_project_id" },
  { name: "created_at", isTime: true },
];

interface Projects {
  readonly project?: string;
  readonly secondaryProject?: string;
}

/** `protector tenant-mapping …` */
export function addTenantMappingCommands(program: Command, act: Act): void {
  const mappings = program.command("tenant-mapping").description("projects of the two sites that are one tenant");
  withProjects(yields(mappings.command("create"), "list", LIST))
    .description("map a project of one site to one of the other, at both")
    .action((options: Projects) =>
      act(async (context) => {
        const [near, far] = await sidesOf(context, options);
        context.printer.list(await mapTenants(near, far), LIST);
      }),
    );
  paged(atSite(yields(mappings.command("list"), "list", LIST)))
    .description("list the mappings that --os-cloud knows")
    .action((options: SiteOption & PageRequest) =>
      act(async (context) => {
        const client = await siteOf(context, options);
        context.printer.list(await client.page("tenant_mappings.index", options), LIST);
      }),
    );
  withProjects(mappings.command("delete"))
    .argument("[mapping]", "id at --os-cloud; or name the projects")
    .description("delete a mapping that no group uses, at both sites")
    .action((id: string | undefined, options: Projects) => act((context) => remove(context, id, options)));
}

function withProjects(command: Command): Command {
  return command
    .option("--project <project>", "at --os-cloud, name or id; default: the login's")
    .option("--secondary-project <project>", "at the other site, name or id; default: the login's");
}

async function remove(context: CommandContext, id: string | undefined, options: Projects): Promise<void> {
  if (id === undefined) {
    const [near, far] = await sidesOf(context, options);
    await unmapTenants(near, far);
    return;
  }
  const { near } = context.sites;
  const found = (await near.all("tenant_mappings.index")).find((mapping) => mapping.id === id);
  if (!found) throw new UsageError(`No tenant mapping ${id} at ${near.name}.`);
  const far = await context.sites.far();
  await unmapTenants(
    { client: near, projectId: found.local_project_id },
    { client: far, projectId: found.peer_project_id },
  );
}

async function sidesOf(context: CommandContext, { project, secondaryProject }: Projects) {
  const far = await context.far();
  return [
    { client: context.near.client, projectId: await projectOf(context.near, project) },
    { client: far.client, projectId: await projectOf(far, secondaryProject) },
  ] as const;
}

async function projectOf({ cloud, client }: SiteHandle, ref: string | undefined): Promise<string> {
  if (ref === undefined) return client.projectId();
  const [found, second] = await cloud.identity.listProjects({ name: ref });
  if (found && second) throw new UsageError(`Several projects at ${client.name} are named "${ref}"; use the id.`);
  if (found) return found.id;
  const byId = await cloud.identity.findProject(ref);
  if (byId) return byId.id;
  throw new UsageError(`No project "${ref}" at ${client.name}.`);
}
