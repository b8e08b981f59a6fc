import { withJitter } from "@protector/ports";
import type { EnginePorts, EngineSettings } from "../engine-ports.ts";
import { CallLimits } from "../world/call-limits.ts";
import { runDrills } from "./drills.ts";
import { doDuties } from "./duties.ts";
import { beat } from "./heartbeat.ts";
import { watchMarkers } from "./markers.ts";
import { lookAtPeers } from "./peer-reachability.ts";
import { answerReadinessRequests, watchReadiness } from "./readiness.ts";
import { readRecoveryPoints } from "./recovery-points.ts";
import { validateSites } from "./site-validation.ts";
import { endTests } from "./tests.ts";
import { keepTrusts } from "./trusts.ts";

/** What the watches need beside an engine's ports. */
export interface WatchOptions {
  /** How messaging is, as services show it: `connected`, `disconnected`, `none`. */
  messaging(): string;
}

/** One of the things that an engine looks at. */
export interface Watch {
  readonly name: string;
  /** ms from the end of a round to the beginning of the next. */
  readonly everyMs: number;
  round(ports: EnginePorts, signal: AbortSignal): Promise<void>;
}

/**
 * Everything that an engine looks at beside its operations, each at its own interval: a round begins only when the one
 * before has ended, and a round that fails is told as `watch_failed` and comes again. Several engines of a site may watch
 * at once.
 */
export class Watches {
  readonly #ports: EnginePorts;
  readonly #watches: readonly Watch[];
  readonly #stop = new AbortController();
  #running: Promise<unknown> | undefined;

  constructor(ports: EnginePorts, options: WatchOptions) {
    const { callsPerService } = ports.settings;
    this.#ports = { ...ports, transport: new CallLimits().limit(ports.transport, callsPerService, () => {}) };
    this.#watches = watchesOf(ports.settings, options);
  }

  /** Begins every watch with a round at once, markers first: a site that is no longer primary fences itself. */
  start(): void {
    this.#running ??= Promise.all(this.#watches.map((watch) => this.#repeat(watch)));
  }

  /** Lets the rounds under way end. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #repeat(watch: Watch): Promise<void> {
    const { clock, random, events } = this.#ports;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await watch.round(this.#ports, signal).catch((error: unknown) => {
        if (!signal.aborted) events({ kind: "watch_failed", watch: watch.name, subject: "round", error });
      });
      await clock.sleep(withJitter(watch.everyMs, random), signal).catch(() => {});
    }
  }
}

/** ms between looks for groups whose readiness is due. */
const READINESS_ROUND_MS = 15_000;

/** All of them. */
export function watchesOf(
  { markerMs, peerMs, recoveryPointMs, readinessMs }: EngineSettings,
  options: WatchOptions,
): readonly Watch[] {
  return [
    { name: "markers", everyMs: markerMs, round: watchMarkers },
    { name: "peer-reachability", everyMs: peerMs, round: lookAtPeers },
    { name: "duties", everyMs: 30_000, round: doDuties },
    { name: "recovery-points", everyMs: recoveryPointMs, round: readRecoveryPoints },
    { name: "readiness-requests", everyMs: 5_000, round: answerReadinessRequests },
    { name: "readiness", everyMs: Math.min(READINESS_ROUND_MS, readinessMs), round: watchReadiness },
    { name: "site-validation", everyMs: 5_000, round: validateSites },
    { name: "drills", everyMs: 10_000, round: runDrills },
    { name: "tests", everyMs: 10_000, round: endTests },
    { name: "trusts", everyMs: 300_000, round: keepTrusts },
    { name: "heartbeat", everyMs: 10_000, round: (ports) => beat(ports, options.messaging()) },
  ];
}
