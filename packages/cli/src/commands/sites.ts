import {
  ApiError,
  clientError,
  mapTenants,
  type PageRequest,
  registerSites,
  type SiteClient,
  type SiteRegistration,
} from "@protector/client";
import type { CheckResult, Site, SiteVolumeType, UpdateSite } from "@protector/contract";
import type { Command } from "commander";
import type { SiteHandle } from "../cloud/site-handle.ts";
import type { CommandContext } from "../context.ts";
import { EXIT, TimedOut, UsageError } from "../exit-codes.ts";
import type { Column } from "../output/column.ts";
import { durationText } from "../output/duration.ts";
import { type Act, yields } from "./command.ts";
import { atSite, type SiteOption, siteOf } from "./find.ts";
import { paged } from "./paging.ts";

type ListedSite = Pick<Site, "id" | "name" | "is_local" | "region" | "auth_url" | "api_url" | "reachability">;

const LIST: readonly Column<ListedSite>[] = [
  { name: "id" },
  { name: "name" },
  { name: "is_local" },
  { name: "region" },
  { name: "auth_url" },
  { name: "api_url" },
  // Nobody looks whether the site that is asked answers: it has.
  { name: "reachability", cell: (site) => (site.is_local ? "reachable" : site.reachability) },
];

const RECORD: readonly Column<Site>[] = [
  ...LIST,
  { name: "description" },
  { name: "interface" },
  { name: "username" },
  { name: "reachability_reason" },
  { name: "reachability_at", isTime: true },
  { name: "reachability_since", isTime: true },
  { name: "validation", cell: ({ validation }) => validation.status },
  { name: "validation_at", isTime: true, cell: ({ validation }) => validation.checked_at },
  { name: "problems", cell: ({ validation }) => validation.checks.filter(isProblem).map(checkText).join("\n") },
  { name: "created_at", isTime: true },
];

const VOLUME_TYPES: readonly Column<SiteVolumeType>[] = [
  { name: "name" },
  { name: "is_replicated" },
  { name: "replication_type" },
  { name: "backend" },
];

const isProblem = ({ result }: CheckResult) => result !== "ok";
const checkText = ({ result, subject, reason, remedy }: CheckResult) =>
  `${result}: ${subject}: ${reason}${remedy ? ` Remedy: ${remedy}` : ""}`;

const VALIDATION_TIMEOUT = 300;
const POLL_MS = 1000;

interface CreateOptions extends Readonly<Record<string, unknown>> {
  readonly mapProject?: boolean;
}

/** `protector site …` */
export function addSiteCommands(program: Command, act: Act): Command {
  const sites = program.command("site").description("registered OpenStack clouds (administrators)");
  addCreate(sites, act);
  paged(atSite(yields(sites.command("list"), "list", LIST)))
    .description("list the sites that --os-cloud knows")
    .action((options: SiteOption & PageRequest) =>
      act(async (context) => context.printer.list(await listSites(await siteOf(context, options), options), LIST)),
    );
  atSite(yields(sites.command("show"), "record", RECORD))
    .argument("<site>", "name or id")
    .description("show a site")
    .action((ref: string, options: SiteOption) =>
      act(async (context) => context.printer.record(await requireSite(await siteOf(context, options), ref), RECORD)),
    );
  addSet(sites, act);
  sites
    .command("delete")
    .argument("<site>", "name or id")
    .description("forget a peer site that no group uses, at --os-cloud")
    .action((ref: string) =>
      act(async (context) => {
        const { id } = await requireSite(context.sites.near, ref);
        await context.sites.near.call("sites.delete", { path: { id } });
      }),
    );
  yields(sites.command("validate"), "record", RECORD)
    .argument("<site>", "name or id")
    .description("have the engine of --os-cloud use the registered credential; exit code 3 when it fails")
    .action((ref: string) => act((context) => validate(context, ref)));
  yields(sites.command("volume-types"), "list", VOLUME_TYPES)
    .alias("list-volume-types")
    .argument("<site>", "name or id")
    .description("list the volume types that the last validation found")
    .action((ref: string) =>
      act(async (context) => {
        const { id, name, validation } = await requireSite(context.sites.near, ref);
        const { volume_types } = await context.sites.near.call("sites.volume_types", { path: { id } });
        context.printer.list(volume_types, VOLUME_TYPES);
        if (validation.status === "never")
          context.note(
            `${name} has not been validated from here, so its types are not known. Run: protector site validate ${name}`,
          );
      }),
    );
  return sites;
}

function addCreate(sites: Command, act: Act): void {
  const create = yields(sites.command("create"), "list", LIST)
    .alias("register")
    .argument("[name]", "name of the site of --os-cloud; default: the cloud's, or the one it has")
    .argument("[secondary-name]", "name of the other site; default: its cloud's")
    .option("--map-project", "map the projects of the two logins to each other as well")
    .description("register the two clouds at each other");
  for (const which of ["primary", "secondary"] as const)
    create
      .option(`--${which}-username <name>`, "account that the other site's engine uses here; default: the login's")
      .option(`--${which}-password <password>`, `its password (better: PROTECTOR_${which.toUpperCase()}_PASSWORD)`)
      .option(`--${which}-user-domain-name <name>`)
      .option(`--${which}-project-name <name>`)
      .option(`--${which}-project-domain-name <name>`);
  create.action((name: string | undefined, secondaryName: string | undefined, options: CreateOptions) =>
    act(async (context) => {
      const far = await context.far();
      const source = { env: context.host.env, options };
      const a = registrationOf(context.near, name, { ...source, which: "primary" });
      const b = registrationOf(far, secondaryName, { ...source, which: "secondary" });
      const registered = await registerSites(a, b);
      if (options.mapProject) await mapLogins(context.near, far);
      context.printer.list(registered, LIST);
    }),
  );
}

async function mapLogins(near: SiteHandle, far: SiteHandle): Promise<void> {
  const [a, b] = await Promise.all([near.client.projectId(), far.client.projectId()]);
  await mapTenants({ client: near.client, projectId: a }, { client: far.client, projectId: b });
}

interface CredentialSource {
  readonly which: "primary" | "secondary";
  readonly options: Readonly<Record<string, unknown>>;
  readonly env: CommandContext["host"]["env"];
}

function registrationOf(site: SiteHandle, name: string | undefined, source: CredentialSource): SiteRegistration {
  const { entry, authUrl, client, caCertificate } = site;
  const { auth } = entry;
  const { which, options, env } = source;
  const given = (key: string): string | undefined => options[`${which}${key}`] as string | undefined;
  const password = given("Password") ?? env[`PROTECTOR_${which.toUpperCase()}_PASSWORD`] ?? auth.password;
  const username = given("Username") ?? auth.username;
  const projectName = given("ProjectName") ?? auth.project_name;
  if (!username || !password || !projectName)
    throw new UsageError(
      `Cloud "${entry.name}" has no user name, password and project name for the other site's engine: give --${which}-username, --${which}-password and --${which}-project-name.`,
    );
  return {
    client,
    ...(name === undefined ? {} : { name }),
    authUrl,
    interface: entry.interface,
    credential: {
      username,
      password,
      projectName,
      userDomainName: given("UserDomainName") ?? auth.user_domain_name ?? "Default",
      projectDomainName: given("ProjectDomainName") ?? auth.project_domain_name ?? "Default",
    },
    ...(entry.region === undefined ? {} : { region: entry.region }),
    ...(entry.endpoint === undefined ? {} : { apiUrl: entry.endpoint.replace(/\/v1.*$/, "") }),
    ...(caCertificate === undefined ? {} : { caCertificate }),
  };
}

const SETTABLE = [
  "name",
  "description",
  "auth_url",
  "region",
  "interface",
  "api_url",
  "username",
  "password",
  "user_domain_name",
  "project_name",
  "project_domain_name",
] as const;

function addSet(sites: Command, act: Act): void {
  const set = yields(sites.command("set"), "record", RECORD)
    .argument("<site>", "name or id")
    .option("--ca-file <path>", "PEM file of its authority")
    .description("change how --os-cloud reaches a site; PROTECTOR_SITE_PASSWORD is read for --username");
  for (const key of SETTABLE) set.option(`--${key.replaceAll("_", "-")} <value>`);
  set.action((ref: string, options: Readonly<Record<string, string>>) =>
    act(async (context) => {
      const { near } = context.sites;
      const { id } = await requireSite(near, ref);
      const { site } = await near.call("sites.update", { path: { id }, body: { site: changesOf(context, options) } });
      context.printer.record(site, RECORD);
    }),
  );
}

function changesOf({ host }: CommandContext, options: Readonly<Record<string, string>>): UpdateSite {
  const entries = SETTABLE.flatMap((key) => {
    const value = options[key.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase())];
    return value === undefined ? [] : [[key, value]];
  });
  const changes: Record<string, string> = Object.fromEntries(entries);
  if (changes.username !== undefined && host.env.PROTECTOR_SITE_PASSWORD)
    changes.password ??= host.env.PROTECTOR_SITE_PASSWORD;
  if (options.caFile !== undefined) {
    const text = host.readFile(options.caFile);
    if (text === undefined) throw new UsageError(`No file ${options.caFile}.`);
    changes.ca_certificate = text;
  }
  if (Object.keys(changes).length === 0) throw new UsageError("Nothing to change: name an option.");
  return changes as UpdateSite;
}

/** Administrators see everything, others what they need to find the sites. */
async function listSites(client: SiteClient, part: PageRequest): Promise<readonly ListedSite[]> {
  try {
    return await client.page("sites.index", part);
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 403) throw error;
    return client.page("site_summaries.index", part);
  }
}

async function requireSite(client: SiteClient, ref: string): Promise<Site> {
  const sites = await client.all("sites.index");
  const found = sites.find((site) => site.id === ref) ?? sites.find((site) => site.name === ref);
  if (found) return found;
  const names = sites.map((site) => site.name).join(", ") || "none";
  throw clientError("site.not_found", client.name, `No site "${ref}" is registered at ${client.name}. There: ${names}`);
}

async function validate(context: CommandContext, ref: string): Promise<void> {
  const { host, options, sites, printer } = context;
  const { id } = await requireSite(sites.near, ref);
  let { site } = await sites.near.call("sites.validate", { path: { id } });
  const limit = options.timeout ?? VALIDATION_TIMEOUT;
  const until = host.clock.now() + limit * 1000;
  while (options.wait !== false && site.validation.status === "requested") {
    if (host.clock.now() >= until)
      throw new TimedOut(
        `No engine has validated the site within ${durationText(limit)}. Is protector-engine running?`,
      );
    await host.clock.sleep(POLL_MS, host.interrupt);
    site = (await sites.near.call("sites.show", { path: { id } })).site;
  }
  printer.record(site, RECORD);
  if (site.validation.status === "failed") context.worsen(EXIT.refusedByState);
}
