import { hostsOf, podPartners } from "../connections.ts";
import { connectVolume, createHost, deleteHost, disconnectVolume, lunOf, requireHost } from "../hosts.ts";
import { MODEL, SOFTWARE } from "../identity.ts";
import type { Link } from "../link.ts";
import type { StoredVolume } from "../objects.ts";
import { USER } from "../sessions.ts";
import { numberOf, requireKnown } from "./body.ts";
import type { ArrayRoute, CallContext } from "./context.ts";
import { pageOf } from "./page.ts";
import { badRequest } from "./rest-error.ts";

function arrays(call: CallContext): object {
  const { state } = call;
  const used = state.usedBytes();
  const item = {
    id: state.id,
    name: state.name,
    version: SOFTWARE,
    os: "Purity//FA",
    capacity: state.capacityBytes,
    parity: 1,
    idle_timeout: call.model.idleTimeoutMs,
    time_zone: "UTC",
    space: { total_physical: used, total_provisioned: used, data_reduction: 1, total_reduction: 1 },
    eradication_config: {
      eradication_delay: state.eradicationDelayMs,
      enabled_delay: state.eradicationDelayMs,
      disabled_delay: state.eradicationDelayMs,
      manual_eradication: state.isSafeMode ? "all-disabled" : "all-enabled",
    },
  };
  return pageOf([item], call.query);
}

/** Tokens are shown masked, with their ends where they have one. */
function apiTokens(call: CallContext): object {
  const { apiTokenEndsAt } = call.sessions;
  const ends = apiTokenEndsAt === undefined ? {} : { expires_at: apiTokenEndsAt };
  return pageOf([{ name: USER, api_token: { token: "****", created_at: 0, ...ends } }], call.query);
}

function controllers(call: CallContext): object {
  const item = (name: string, mode: string) => ({
    name,
    mode,
    model: MODEL,
    status: "ready",
    type: "array_controller",
    version: SOFTWARE,
  });
  return pageOf([item("CT0", "primary"), item("CT1", "secondary")], call.query);
}

function connections(call: CallContext): object {
  const { fabric, state } = call.model;
  const own = fabric.links.filter((link) => link.a === state || link.b === state);
  return pageOf(
    own.map((link) => arrayConnectionItem(call, link)),
    call.query,
  );
}

function arrayConnectionItem(call: CallContext, link: Link): object {
  const other = link.other(call.state);
  return {
    id: other.id,
    name: other.name,
    management_address: null,
    replication_addresses: [],
    replication_transport: "ip",
    status: link.isUp && other.isUp ? "connected" : "connecting",
    throttle: { default_limit: 0, window: { start: null, end: null }, window_limit: null },
    type: link.isSync ? "sync-replication" : "async-replication",
    version: SOFTWARE,
  };
}

function defaultProtections(call: CallContext): object {
  const protections = call.state.defaultProtection.map((name) => ({
    id: call.state.groups.find(name)?.id ?? null,
    name,
    type: "protection_group",
  }));
  const item = { id: call.state.id, name: "", type: "array", default_protections: protections };
  return pageOf([item], call.query);
}

function setDefaultProtections(call: CallContext): object {
  requireKnown(call.body, ["default_protections"]);
  const list = call.body.default_protections;
  if (!Array.isArray(list)) throw badRequest("Invalid value for 'default_protections'.");
  const names = list.map((entry: { name?: string }) => call.state.groups.live(entry.name ?? "").name);
  call.state.defaultProtection = names;
  return defaultProtections(call);
}

function hosts(call: CallContext): object {
  const names = call.query.list("names");
  const found = names
    ? names.map((name) => hostNamed(call, name))
    : [...call.state.hosts.values()].map((host) => hostNamed(call, host.name)).concat(remoteHosts(call));
  return pageOf(found, call.query);
}

function hostNamed(call: CallContext, name: string): object {
  requireHost(call.state, name);
  const host = call.state.hosts.get(name.toLowerCase());
  const connected = [...call.state.volumes.all()].filter(
    (volume) => lunOf(call.state, volume, host?.name ?? "") !== undefined,
  );
  return {
    name: host?.name,
    iqns: host?.iqns,
    wwns: host?.wwns,
    nqns: host?.nqns,
    is_local: true,
    connection_count: connected.length,
    host_group: { name: null },
    personality: host?.personality ?? null,
    preferred_arrays: [],
    port_connectivity: { details: "None", status: "critical" },
    chap: { host_user: host?.chapUser ?? null, host_password: null, target_user: null, target_password: null },
  };
}

/** Hosts of arrays that share pods with this one. */
function remoteHosts(call: CallContext): object[] {
  return podPartners(call.state).flatMap((state) =>
    [...state.hosts.values()].map(({ name }) => ({
      ...hostNamed({ ...call, state }, name),
      name: `${state.name}:${name}`,
      is_local: false,
    })),
  );
}

function makeHosts(call: CallContext): object {
  requireKnown(call.body, ["chap", "iqns", "nqns", "personality", "preferred_arrays", "vlan", "wwns"]);
  const names = call.query.required("names");
  for (const name of names) createHost(call.state, name, call.body);
  return { items: names.map((name) => hostNamed(call, name)) };
}

function listConnections(call: CallContext): object {
  const volumes = call.query.list("volume_names")?.map((name) => call.state.volumes.live(name));
  const wanted = call.query
    .list("host_names")
    ?.map((name) => (name.includes(":") ? name : requireHost(call.state, name).name));
  const rows = (volumes ?? [...call.state.volumes.all()]).flatMap((volume) =>
    hostsOf(call.state, volume)
      .filter(({ host }) => !wanted || wanted.includes(host))
      .map(({ host, lun }) => row(volume, host, lun)),
  );
  return pageOf(rows, call.query);
}

function row(volume: StoredVolume, host: string, lun: number): object {
  return {
    host: { name: host },
    host_group: { name: null },
    volume: { id: volume.id, name: volume.name },
    lun,
    protocol_endpoint: { id: null, name: null },
  };
}

function connect(call: CallContext): object {
  requireKnown(call.body, ["lun", "protocol_endpoint"]);
  const lun = numberOf(call.body, "lun");
  const rows = pairs(call).map(({ volume, host }) => {
    const connected = connectVolume(call.state, volume, host, lun);
    const name = requireHost(call.state, host).name;
    return row(connected, name, lunOf(call.state, connected, name) ?? 0);
  });
  return { items: rows };
}

function pairs(call: CallContext): { volume: string; host: string }[] {
  const hostNames = call.query.required("host_names");
  return call.query.required("volume_names").flatMap((volume) => hostNames.map((host) => ({ volume, host })));
}

/** The array itself, its connections to others, hosts and their connections to volumes. */
export const arrayRoutes: Readonly<Record<string, ArrayRoute>> = {
  "GET arrays": arrays,
  "GET admins/api-tokens": apiTokens,
  "GET controllers": controllers,
  "GET array-connections": connections,
  "GET container-default-protections": defaultProtections,
  "PATCH container-default-protections": setDefaultProtections,
  "GET hosts": hosts,
  "POST hosts": makeHosts,
  "DELETE hosts": (call) => {
    for (const name of call.query.required("names")) deleteHost(call.state, name);
    return undefined;
  },
  "GET connections": listConnections,
  "POST connections": connect,
  "DELETE connections": (call) => {
    for (const { volume, host } of pairs(call)) disconnectVolume(call.state, volume, host);
    return undefined;
  },
};
