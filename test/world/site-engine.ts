import type { Clock, HttpTransport, TcpProbe } from "@protector/ports";
import type { World } from "@protector/simulator";
import { withGate } from "../../packages/server/src/db/open-sqlite.ts";
import type { EngineEvent } from "../../packages/server/src/engine/engine-events.ts";
import type { EnginePorts } from "../../packages/server/src/engine/engine-ports.ts";
import type { JournalObserver } from "../../packages/server/src/engine/runner/journal.ts";
import { driverByUrl, flashArrayDriver, mockDriver } from "../../packages/storage/src/index.ts";
import type { TestSite } from "./test-site.ts";

/** What differs between two engines of a site. */
export interface EngineOptions {
  readonly host?: string;
  readonly observer?: JournalObserver;
  /** Stands before every turn on the database and every outside call: a killed engine's never opens again. */
  readonly gate?: () => Promise<void>;
  /** Awaited when a call has passed every check of the engine and is about to leave. */
  readonly beforeCall?: () => Promise<void>;
  readonly clock?: Clock;
  /** Through which it calls; default the world's own. */
  readonly transport?: HttpTransport;
  /** Most calls at once to one service; default 16, to an array 8. */
  readonly callsPerService?: number;
  /** Mock arrays in this directory take the place of the simulated FlashArrays. */
  readonly mockDirectory?: string;
  /** Its configuration names the array of a third site too. */
  readonly hasSpareSite?: boolean;
  /** Who listens; default nobody. */
  readonly tcpProbe?: TcpProbe;
}

const LEASE_MS = 30_000;
/** ms between two sweeps of an engine. */
export const SWEEP_MS = 10_000;

/** What an engine's ports are made of beside its site. */
export type EngineWorld = Pick<World, "clock" | "random" | "transport"> & {
  cloud(name: string): { readonly authUrl: string };
};

/** What an engine of a site is given. */
export function enginePorts(
  world: EngineWorld,
  site: Pick<TestSite, "name" | "connection" | "secrets">,
  events: EngineEvent[],
  options: EngineOptions,
): EnginePorts {
  const clock = options.clock ?? world.clock;
  const send = options.transport ?? world.transport;
  const gate = options.gate;
  const transport: HttpTransport = async (request) => {
    await gate?.();
    await options.beforeCall?.();
    const answer = await send(request);
    await gate?.();
    return answer;
  };
  return {
    connection: gate ? withGate(site.connection, gate) : site.connection,
    transport,
    tcpProbe: options.tcpProbe ?? (async () => false),
    clock,
    random: world.random,
    secrets: site.secrets,
    events: (event) => events.push(event),
    ...(options.observer ? { observer: options.observer } : {}),
    storageDriver: (through) =>
      driverByUrl({
        flasharray: flashArrayDriver({ transport: through, clock, random: world.random }),
        mock: mockDriver({
          directory: options.mockDirectory ?? "",
          arrays: ["array-a", "array-b"],
          clock,
          random: world.random,
        }),
      }),
    settings: {
      host: options.host ?? `${site.name}-engine-1`,
      ownCloud: {
        authUrl: world.cloud(site.name).authUrl,
        credential: {
          kind: "password",
          username: "protector",
          password: "labsvc",
          userDomainName: "Default",
          scope: { kind: "project", projectName: "service", projectDomainName: "Default" },
        },
      },
      backends: (options.hasSpareSite ? ["a", "b", "c"] : ["a", "b"]).map((letter, index) => ({
        name: `array-${letter}`,
        url: options.mockDirectory ? `mock://array-${letter}` : `https://127.0.0.${21 + index}`,
        apiToken: `token-array-${letter}`,
        tls: {},
        cinderHost: `site-${letter}@pure#pure`,
      })),
      groupTypeName: "consistent",
      leaseMs: LEASE_MS,
      sweepMs: SWEEP_MS,
      operationsAtOnce: 25,
      callsPerService: options.callsPerService ?? 16,
      callsPerArray: options.callsPerService ?? 8,
      markerMs: 60_000,
      peerMs: 30_000,
      readinessMs: 600_000,
      readinessHistoryDays: 30,
      drillOverdueDays: 180,
      recoveryPointMs: 30_000,
      callTimeoutMs: 60_000,
      planWaitMs: 600_000,
      policyArrayTls: {},
      hooks: { networks: [], tls: {} },
    },
  };
}
