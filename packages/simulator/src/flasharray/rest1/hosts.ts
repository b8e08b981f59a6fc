import { ArrayError } from "../block-array.ts";
import { podPartners } from "../connections.ts";
import {
  connectVolume,
  createHost,
  deleteHost,
  disconnectVolume,
  lunOf,
  requireHost,
  setInitiators,
} from "../hosts.ts";
import type { StoredHost } from "../objects.ts";
import { inOtherWords, nameOf, type Rest1Call, type Rest1Route } from "./call.ts";
import { hostView } from "./views.ts";

const PERSONALITIES = ["aix", "esxi", "hitachi-vsp", "hpux", "oracle-vm-server", "solaris", "vms", ""];
const KINDS = [
  ["iqnlist", "addiqnlist", "remiqnlist", "iqns"],
  ["wwnlist", "addwwnlist", "remwwnlist", "wwns"],
  ["nqnlist", "addnqnlist", "remnqnlist", "nqns"],
] as const;

/** With `all` a row for every connection, else one for every host, with `remote` those of arrays that share pods too. */
function list(call: Rest1Call): object {
  const hosts = [...call.state.hosts.values()];
  if (!call.given.flag("all")) return [...hosts, ...(call.given.flag("remote") ? remoteHosts(call) : [])].map(hostView);
  return hosts.flatMap((host): object[] => {
    const rows = connectionsOf(call, host).map((row) => ({ ...hostView(host), ...row, target_port: null }));
    return rows.length > 0 ? rows : [{ ...hostView(host), vol: null, lun: null, target_port: null }];
  });
}

function remoteHosts(call: Rest1Call): StoredHost[] {
  return podPartners(call.state).flatMap((array) =>
    [...array.hosts.values()].map((host) => ({ ...host, name: `${array.name}:${host.name}` })),
  );
}

function connectionsOf(call: Rest1Call, host: StoredHost): { name: string; vol: string; lun: number }[] {
  return [...call.state.volumes.all()].flatMap((volume) => {
    const lun = lunOf(call.state, volume, host.name);
    return lun === undefined ? [] : [{ name: host.name, vol: volume.name, lun }];
  });
}

function create(call: Rest1Call): object {
  const { given, state } = call;
  createHost(state, nameOf(call), {
    iqns: given.names("iqnlist") ?? [],
    wwns: given.names("wwnlist") ?? [],
    nqns: given.names("nqnlist") ?? [],
  });
  return hostView(requireHost(state, nameOf(call)));
}

function change(call: Rest1Call): object {
  const { given, state } = call;
  const host = requireHost(state, nameOf(call));
  const personality = given.text("personality");
  if (personality !== undefined && !PERSONALITIES.includes(personality)) {
    throw new ArrayError(host.name, "Invalid personality.");
  }
  const initiators = KINDS.map(([all, added, removed, key]) => {
    const names = [...(given.names(all) ?? host[key]), ...(given.names(added) ?? [])];
    const gone = given.names(removed) ?? [];
    return [key, names.filter((name) => !gone.includes(name))] as const;
  });
  setInitiators(state, host.name, Object.fromEntries(initiators));
  if (personality !== undefined) host.personality = personality || undefined;
  if (given.has("host_user")) host.chapUser = given.text("host_user") || undefined;
  return hostView(host);
}

function connect(call: Rest1Call): object {
  const [host = "", volume = ""] = call.parts;
  const { name } = requireHost(call.state, host);
  const connected = connectVolume(call.state, volume, name, call.given.number("lun"));
  return { name, vol: connected.name, lun: lunOf(call.state, connected, name) ?? 0 };
}

function disconnect(call: Rest1Call): object {
  const [host = "", volume = ""] = call.parts;
  const name = host.includes(":") ? host : requireHost(call.state, host).name;
  const { name: vol } = call.state.volumes.any(volume);
  inOtherWords(() => disconnectVolume(call.state, volume, name), "Volume is not connected to the host.");
  return { name, vol };
}

const INITIATORS = KINDS.map(([all, added, removed]) => `${all} ${added} ${removed}`).join(" ");

/** `host` and its connections to volumes. */
export const hostRoutes: readonly Rest1Route[] = [
  { method: "GET", path: "host", known: "all remote", run: list },
  { method: "GET", path: "host/*", known: "", run: (call) => hostView(requireHost(call.state, nameOf(call))) },
  { method: "POST", path: "host/*", known: "iqnlist wwnlist nqnlist", run: create },
  { method: "PUT", path: "host/*", known: `${INITIATORS} personality host_user host_password`, run: change },
  {
    method: "DELETE",
    path: "host/*",
    known: "",
    run: (call) => {
      deleteHost(call.state, nameOf(call));
      return { name: nameOf(call) };
    },
  },
  {
    method: "GET",
    path: "host/*/volume",
    known: "private shared remote",
    run: (call) => {
      const rows = connectionsOf(call, requireHost(call.state, nameOf(call)));
      return rows.map((row) => ({ ...row, hgroup: null }));
    },
  },
  { method: "POST", path: "host/*/volume/*", known: "lun", run: connect },
  { method: "DELETE", path: "host/*/volume/*", known: "", run: disconnect },
];
