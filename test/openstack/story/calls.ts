import type { Stage } from "./stage.ts";

/** Calls that the operations of both engines made since they started, by address and HTTP status. */
export type ServiceCalls = ReadonlyMap<string, CallFigures>;

export interface CallFigures {
  readonly count: number;
  readonly seconds: number;
}

/** Port of the engine's `GET /metrics`. */
export const METRICS_PORT = 9788;

const METRIC = /^protector_outside_call_duration_seconds_(count|sum)\{([^}]*)\} (\S+)$/gm;

/** Services by their ports on these clouds. */
const SERVICES: Readonly<Record<string, string>> = {
  5000: "keystone",
  8774: "nova",
  8776: "cinder",
  8778: "placement",
  9292: "glance",
  9696: "neutron",
};

/**
 * What the engines themselves have counted: each call that left for an OpenStack service or an array on behalf of an
 * operation; the looks of the watches are not among them.
 */
export async function readCalls({ sites }: Stage): Promise<ServiceCalls | undefined> {
  const figures = new Map<string, { count: number; seconds: number }>();
  for (const { machine, name } of sites) {
    if (!machine) return undefined;
    const text = await (await fetch(`http://${machine.address}:${METRICS_PORT}/metrics`)).text();
    for (const [, kind, labels = "", value] of text.matchAll(METRIC)) {
      if (!labels.includes('work="operation"')) continue;
      const address = serviceOf(/address="([^"]*)"/.exec(labels)?.[1] ?? "", name);
      const now = figures.get(address) ?? { count: 0, seconds: 0 };
      figures.set(address, {
        count: now.count + (kind === "count" ? Number(value) : 0),
        seconds: now.seconds + (kind === "sum" ? Number(value) : 0),
      });
    }
  }
  return figures;
}

/** Calls of one service in a while, and their mean latency. */
export interface CallTimes {
  readonly calls: number;
  readonly mean_ms: number;
}

/** Calls by service. */
export function callsBetween(before: ServiceCalls, after: ServiceCalls): Readonly<Record<string, CallTimes>> {
  const rows = [...after].flatMap(([service, { count, seconds }]) => {
    const earlier = before.get(service) ?? { count: 0, seconds: 0 };
    const calls = count - earlier.count;
    return calls === 0 ? [] : [[service, { calls, mean_ms: Math.round(((seconds - earlier.seconds) / calls) * 1000) }]];
  });
  return Object.fromEntries(rows.sort());
}

/** `site-a/nova`, or an array's own name. */
function serviceOf(address: string, site: string): string {
  const [host = "", port = ""] = address.split(":");
  const service = SERVICES[port];
  return service === undefined ? host : `${host === "controller" ? site : host.replace(/-controller$/, "")}/${service}`;
}
