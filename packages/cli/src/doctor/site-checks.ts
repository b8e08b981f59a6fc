import { ApiError, identityOf } from "@protector/client";
import { MAX_MICROVERSION } from "@protector/contract";
import { OutsideError } from "@protector/ports";
import type { SiteHandle } from "../cloud/site-handle.ts";
import { UsageError } from "../exit-codes.ts";
import type { CliHost } from "../host.ts";
import { clockSkew, clockVerdict } from "./clock-check.ts";
import { error, type Finding, ok, type Verdict, warning } from "./finding.ts";
import { groupsVerdict } from "./group-check.ts";
import { rightsVerdict } from "./rights-check.ts";

/** What is known of a site after it has been looked at. */
export interface ExaminedSite {
  readonly handle: SiteHandle;
  readonly findings: readonly Finding[];
  /** What its Protector says of itself; undefined when it says nothing. */
  readonly identity: Awaited<ReturnType<typeof identityOf>> | undefined;
}

/** Services that a client of Protector uses itself: to find people's names for servers, networks and projects. */
const OWN_SERVICES = ["compute", "network", "volumev3"] as const;

/** Looks at one site with the caller's login; changes nothing. What a failed check makes pointless is left out. */
export async function examineSite(handle: SiteHandle, host: CliHost): Promise<ExaminedSite> {
  const { client } = handle;
  const look = (check: string, judge: () => Promise<Verdict>) => finding({ site: client.name, check }, judge);
  const login = await look("login", () => loginVerdict(handle));
  if (login.result === "error") return { handle, findings: [login], identity: undefined };
  const catalog = await look("catalog", () => catalogVerdict(handle));
  if (catalog.result === "error") return { handle, findings: [login, catalog], identity: undefined };
  let identity: ExaminedSite["identity"];
  const api = await look("api", async () => {
    identity = await identityOf(client);
    return ok(`${await client.rootUrl()} answers, API ${MAX_MICROVERSION}`);
  });
  if (api.result === "error") return { handle, findings: [login, catalog, api], identity };
  const rest = await Promise.all([
    look("clock", async () => clockVerdict(await clockSkew(handle, host))),
    look("roles", () => rolesVerdict(handle)),
    look("policy", () => rightsVerdict(client)),
    look("trusts", () => trustsVerdict(handle)),
    look("groups", () => groupsVerdict(client)),
  ]);
  return { handle, findings: [login, catalog, api, ...rest], identity };
}

/** The judgement, or the error that kept from it. */
export async function finding(of: Pick<Finding, "site" | "check">, judge: () => Promise<Verdict>): Promise<Finding> {
  try {
    return { ...of, ...(await judge()) };
  } catch (caught) {
    if (caught instanceof ApiError) {
      const remedy =
        caught.help ?? `See the log of site ${caught.site}${caught.requestId ? ` for ${caught.requestId}` : ""}.`;
      return { ...of, ...error(caught.message, remedy), isSilence: caught.isSilence };
    }
    if (caught instanceof UsageError) return { ...of, ...error(caught.message, "Correct clouds.yaml or the options.") };
    if (caught instanceof OutsideError)
      return {
        ...of,
        ...error(caught.message, "Check that the service runs and that its address in the catalog is right."),
      };
    throw caught;
  }
}

async function loginVerdict({ client, cloud, entry, authUrl }: SiteHandle): Promise<Verdict> {
  await client.projectId();
  const { content } = await cloud.token();
  const who = `${content.userName} of project ${content.projectName ?? content.projectId} at ${authUrl}`;
  if (entry.isInsecure && authUrl.startsWith("https:"))
    return warning(
      `${who}; its certificate is not checked`,
      "Name its authority with cacert instead of verify: false.",
    );
  return ok(who);
}

async function catalogVerdict({ client, cloud }: SiteHandle): Promise<Verdict> {
  const url = await client.rootUrl();
  const missing: string[] = [];
  for (const type of OWN_SERVICES) await cloud.endpoint(type).catch(() => missing.push(type));
  if (missing.length === 0) return ok(`protector at ${url}`);
  const text = `protector at ${url}; no endpoint of ${missing.join(", ")}`;
  return warning(text, "Use ids instead of names, or name region and interface of the login right.");
}

async function rolesVerdict({ cloud }: SiteHandle): Promise<Verdict> {
  const { roles } = (await cloud.token()).content;
  const names = roles.join(", ") || "none";
  if (roles.some((role) => role !== "reader")) return ok(names);
  return warning(names, "This login may look, and change nothing. Ask an administrator for the role member.");
}

async function trustsVerdict({ cloud, client }: SiteHandle): Promise<Verdict> {
  const { applicationCredential, trustId } = (await cloud.token()).content;
  const broken = await groupsWithoutTrust(client);
  if (broken.length > 0)
    return error(
      `no trust of ${broken.join(", ")} yields a token: a recovery would fail`,
      "Have a present member of the project run any changing command on the group.",
    );
  const isBound = applicationCredential?.isRestricted === true || trustId !== undefined;
  if (!isBound) return ok("this login can delegate its roles to Protector");
  return warning(
    `${trustId === undefined ? "an application credential" : "a trust"} cannot delegate roles to Protector`,
    "Log in once with a password where a command says trust.login_required; then this login is enough.",
  );
}

/** Most groups whose readiness is read. */
const READ_GROUPS = 20;

async function groupsWithoutTrust(client: SiteHandle["client"]): Promise<readonly string[]> {
  const groups = await client.all("protection_groups.index");
  const suspects = groups.filter(({ is_failover_ready }) => is_failover_ready === false).slice(0, READ_GROUPS);
  const names = suspects.map(async ({ id, name }) => {
    const { readiness } = await client.call("readiness.show", { path: { id } });
    return readiness.checks.some(({ check, result }) => check.startsWith("trust.") && result === "error") ? [name] : [];
  });
  return (await Promise.all(names)).flat();
}
