import { type CheckResult, ERROR_CATALOGUE, type ErrorCode, type SiteVolumeType } from "@protector/contract";
import { type Cloud, connectCloud, type VolumeType } from "@protector/openstack";
import type { SitesTable } from "../../db/schema.ts";
import type { EnginePorts } from "../engine-ports.ts";
import { administratorOf } from "../world/site-directory.ts";
import { CheckList, type Finding } from "./check-list.ts";
import { systemRequestId } from "./request-id.ts";

/** What a cloud's validation found. */
export interface CheckedCloud {
  readonly checks: readonly CheckResult[];
  /** The administrator's session; undefined when he could not log in. */
  readonly session: Cloud | undefined;
  /** Undefined when they could not be listed. */
  readonly volumeTypes: readonly SiteVolumeType[] | undefined;
}

/** Most ms that two clocks may differ without a word. */
const MOST_SKEW_MS = 30_000;
/** From here on Nova takes a hostname (Xena). */
const HOSTNAME_MICROVERSION = 90;
const CONSISTENT_SPECS = { consistent_group_snapshot_enabled: "<is> True" } as const;

/** Uses a site's administrator credential as an operation would. */
export async function checkCloud(ports: EnginePorts, site: SitesTable): Promise<CheckedCloud> {
  const list = new CheckList(site.name);
  const login = await logIn(ports, site, list);
  if (!login) return { checks: list.checks, session: undefined, volumeTypes: undefined };
  const { session } = login;
  await list.make({ check: "clock", remedy: help("cloud.unreachable"), look: async () => checkClock(login) });
  await checkRights(session, list);
  await list.make({
    check: "nova.microversion",
    remedy: help("cloud.forbidden"),
    look: () => checkMicroversion(session),
  });
  await list.make({
    check: "cinder.group_type",
    remedy: groupTypeRemedy(ports.settings.groupTypeName),
    look: () => checkGroupType(session, ports.settings.groupTypeName),
  });
  let volumeTypes: readonly SiteVolumeType[] | undefined;
  await list.make({
    check: "cinder.volume_types",
    remedy: help("cloud.forbidden"),
    look: async () => {
      volumeTypes = (await session.volume.listTypes()).map(describeType).sort((a, b) => (a.name < b.name ? -1 : 1));
      return judgeTypes(volumeTypes);
    },
  });
  await list.make({ check: "catalog", remedy: CATALOG_REMEDY, look: () => checkCatalog(session, site) });
  return { checks: list.checks, session, volumeTypes };
}

/** A login as this host's clock and Keystone's saw it, in ms since the UNIX epoch. */
interface TimedLogin {
  readonly session: Cloud;
  readonly askedAt: number;
  readonly answeredAt: number;
  readonly issuedAt: number;
}

async function logIn(ports: EnginePorts, site: SitesTable, list: CheckList): Promise<TimedLogin | undefined> {
  const { connection, secrets, settings, transport, clock, random } = ports;
  let login: TimedLogin | undefined;
  const isIn = await list.make({
    check: "login",
    remedy:
      site.is_local === 1
        ? "Correct [keystone_authtoken] in protector.conf."
        : `Correct the credential: protector site update ${site.name} --username … --password …`,
    look: async () => {
      const directory = { connection, secrets, ownCloud: settings.ownCloud, callTimeoutMs: settings.callTimeoutMs };
      const options = { ...(await administratorOf(directory, site)), requestId: systemRequestId(ports) };
      const session = connectCloud(options, { transport, clock, random });
      const askedAt = clock.now();
      const { content } = await session.token();
      login = { session, askedAt, answeredAt: clock.now(), issuedAt: Date.parse(content.issuedAt) };
      return { result: "ok", reason: `${content.userName} logs in with the roles ${content.roles.join(", ")}.` };
    },
  });
  return isIn ? login : undefined;
}

/** Rights by use, not by the names of roles: policies differ between clouds. */
async function checkRights({ compute, volume }: Cloud, list: CheckList): Promise<void> {
  const remedy = "Give the user the administrator's role in the project of its credential.";
  await list.make({
    check: "nova.admin",
    remedy,
    look: async () => {
      await compute.listServers({ allProjects: true, name: "protector-validate" });
      return { result: "ok", reason: "Servers of all projects can be listed." };
    },
  });
  await list.make({
    check: "cinder.admin",
    remedy,
    look: async () => {
      const [pools, services] = await Promise.all([volume.listPools(), volume.listServices()]);
      const down = services.filter((service) => service.state !== "up" && service.status === "enabled");
      if (down.length === 0) return { result: "ok", reason: `Backends: ${pools.map(({ name }) => name).join(", ")}.` };
      const names = down.map(({ binary, host }) => `${binary} at ${host}`).join(", ");
      return { result: "warning", reason: `Not up: ${names}.`, remedy: "See that these Cinder services run." };
    },
  });
  await list.make({
    check: "cinder.provider_id",
    remedy: `${remedy} Array names of volumes are shown to administrators only.`,
    look: async () => {
      const volumes = await volume.listVolumes({ allProjects: true });
      if (volumes.length === 0) return { result: "ok", reason: "There is no volume to read the array name of yet." };
      if (volumes.some((each) => each.providerId))
        return { result: "ok", reason: "Array names of volumes can be read." };
      const reason = "No volume shows its name on the array (provider_id).";
      return {
        result: "warning",
        reason,
        remedy: "See that the backends are FlashArrays and the user is administrator.",
      };
    },
  });
}

async function checkMicroversion({ compute }: Cloud): Promise<Finding> {
  const version = await compute.microversion();
  if (Number(version.split(".")[1]) >= HOSTNAME_MICROVERSION) {
    return { result: "ok", reason: `Nova ${version} keeps everything that is captured of a server.` };
  }
  const reason = `Nova ${version} is older than 2.${HOSTNAME_MICROVERSION}: it makes the hostname from the server's name.`;
  return { result: "warning", reason, remedy: "Upgrade Nova to Xena or later, or let names and hostnames agree." };
}

function groupTypeRemedy(name: string): string {
  const spec = `cinder --os-volume-api-version 3.11 group-type-key ${name} set consistent_group_snapshot_enabled="<is> True"`;
  return `Create it as an administrator: cinder --os-volume-api-version 3.11 group-type-create ${name}; ${spec}`;
}

/** Makes the group type when it is missing. */
async function checkGroupType({ volume }: Cloud, name: string): Promise<Finding> {
  const known = (await volume.listGroupTypes()).find((type) => type.name === name);
  if (!known) {
    await volume.createGroupType(name, CONSISTENT_SPECS);
    return { result: "ok", reason: `Group type ${name} was missing and has been made.` };
  }
  if (/true/i.test(known.specs.consistent_group_snapshot_enabled ?? "")) {
    return { result: "ok", reason: `Group type ${name} is there.` };
  }
  const reason = `Group type ${name} shows no consistent_group_snapshot_enabled="<is> True".`;
  const remedy = `Set it, or name another type in [cinder] group_type; administrators only are shown what a type has.`;
  return { result: "error", reason, remedy };
}

function describeType({ name, extraSpecs }: VolumeType): SiteVolumeType {
  return {
    name,
    is_replicated: /true/i.test(extraSpecs.replication_enabled ?? ""),
    replication_type: extraSpecs.replication_type?.replace(/^<in>\s*/, "") ?? null,
    backend: extraSpecs.volume_backend_name ?? null,
  };
}

function judgeTypes(types: readonly SiteVolumeType[]): Finding {
  const replicated = types.filter((type) => type.is_replicated).map(({ name }) => name);
  if (replicated.length > 0) return { result: "ok", reason: `Replicated volume types: ${replicated.join(", ")}.` };
  const reason = 'No volume type has replication_enabled="<is> True": no server can be protected here.';
  return { result: "warning", reason, remedy: "Create a replicated volume type, then validate again." };
}

const CATALOG_REMEDY =
  "Create service and endpoints: openstack service create --name protector protector; openstack endpoint create …";

async function checkCatalog(session: Cloud, site: SitesTable): Promise<Finding> {
  const service = (await session.catalog()).find(({ type }) => type === "protector");
  const endpoint = service?.endpoints.find(({ region }) => site.region === null || region === site.region);
  if (endpoint) return { result: "ok", reason: `The catalog names ${endpoint.url}.` };
  const where = site.region === null ? "" : ` in region ${site.region}`;
  return { result: "warning", reason: `The catalog has no endpoint of protector${where}.`, remedy: CATALOG_REMEDY };
}

/** Keystone's clock against this host's: tokens and trusts are judged by it. Tokens tell when they were issued, in whole seconds. */
function checkClock({ askedAt, answeredAt, issuedAt }: TimedLogin): Finding {
  const skewMs = Math.max(0, issuedAt - answeredAt, askedAt - issuedAt - 1000);
  if (skewMs <= MOST_SKEW_MS) return { result: "ok", reason: "Its clock and this host's agree." };
  const reason = `Its clock and this host's differ by ${Math.round(skewMs / 1000)} s.`;
  return { result: "warning", reason, remedy: "Let both hosts keep time by NTP." };
}

function help(code: ErrorCode): string {
  return ERROR_CATALOGUE[code].help;
}
