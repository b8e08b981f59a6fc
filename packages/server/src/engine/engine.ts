import type { EnginePorts } from "./engine-ports.ts";
import { findDueOperations, LeaseKeeper, type TakenLease, takeLease } from "./runner/lease.ts";
import type { SharedWays } from "./runner/open-scene.ts";
import { OperationRun } from "./runner/operation-run.ts";
import { LeaseLost } from "./runner/step-handler.ts";
import { SiteFailoverRun } from "./site-failover/site-failover-run.ts";
import { wakeParent } from "./site-failover/wake-parent.ts";
import { CallLimits } from "./world/call-limits.ts";
import { ProjectListPool } from "./world/project-lists.ts";
import { PointPool } from "./world/shared-points.ts";

/**
 * Takes operations and works on them.
 *
 * | what happens | what the engine does |
 * |---|---|
 * | a message names an operation | looks at it at once |
 * | a sweep finds one that is due, or whose lease has lapsed | the same |
 * | it takes the lease | works on it until it ends, waits, or the lease is lost |
 * | the lease is lost | stops at once and writes nothing more |
 * | the engine is told to stop | lets calls under way finish, gives its leases back |
 */
export class Engine {
  readonly #ports: EnginePorts;
  readonly #ways: SharedWays;
  readonly #running = new Map<string, { readonly run: OperationRun | SiteFailoverRun; readonly done: Promise<void> }>();
  readonly #stop = new AbortController();
  #sweeping: Promise<void> | undefined;

  constructor(ports: EnginePorts) {
    this.#ports = ports;
    const limits = new CallLimits();
    const { transport, settings, clock, random, storageDriver } = ports;
    const toClouds = limits.limit(transport, settings.callsPerService, () => {});
    const toArrays = storageDriver(limits.limit(transport, settings.callsPerArray, () => {}));
    this.#ways = {
      limits,
      lists: new ProjectListPool({ transport: toClouds, clock, random }),
      points: new PointPool(clock, (access) => toArrays.connect(access)),
    };
  }

  /** Sweeps until stopped. */
  start(): void {
    this.#sweeping ??= this.#sweepForever();
  }

  /** Number of operations under way. */
  get busy(): number {
    return this.#running.size;
  }

  /** A hint that an operation may have something to do. */
  async look(operationId: string): Promise<void> {
    const { connection, settings, clock, events } = this.#ports;
    if (this.#stop.signal.aborted || this.#running.has(operationId)) return;
    if (this.#running.size >= settings.operationsAtOnce) return;
    const takenAt = clock.now();
    const taken = await takeLease(connection, { operationId, owner: settings.host, leaseMs: settings.leaseMs });
    if (!taken || this.#running.has(operationId)) return;
    const isMany = taken.type === "site_failover";
    // One over many groups is taken again for every look: only the first is news.
    if (!isMany || taken.number === 1 || taken.isTakeover)
      events({ kind: "operation_taken", operationId, leaseNumber: taken.number, isTakeover: taken.isTakeover });
    const keeper = new LeaseKeeper(connection, taken, { clock, leaseMs: settings.leaseMs, takenAt });
    const run = isMany ? new SiteFailoverRun(this.#ports, keeper) : new OperationRun(this.#ports, keeper, this.#ways);
    const done = this.#work(run, keeper)
      .finally(() => this.#running.delete(operationId))
      .then(() => this.#goOnAfter(taken));
    this.#running.set(operationId, { run, done });
  }

  /** Looks at everything that is due. */
  async sweep(): Promise<void> {
    const free = this.#ports.settings.operationsAtOnce - this.#running.size;
    if (free <= 0) return;
    const due = await findDueOperations(this.#ports.connection, free);
    await Promise.all(due.map((id) => this.look(id)));
  }

  /** Resolves when no operation is under way. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all([...this.#running.values()].map(({ done }) => done));
  }

  /** Lets calls under way finish and gives every lease back. */
  async stop(): Promise<void> {
    this.#stop.abort();
    for (const { run } of this.#running.values()) run.interrupt();
    await this.idle();
    await this.#sweeping;
  }

  /**
   * A site failover goes on as soon as one of its operations is left, and they begin as soon as it has ordered them. What
   * was ordered before them by others comes first: a sweep takes the oldest.
   */
  async #goOnAfter({ type, parentId }: TakenLease): Promise<void> {
    if (type !== "site_failover" && parentId === null) return;
    try {
      if (parentId !== null) await wakeParent(this.#ports.connection, parentId);
      await this.sweep();
    } catch (error) {
      this.#ports.events({ kind: "sweep_failed", error });
    }
  }

  async #work(run: OperationRun | SiteFailoverRun, keeper: LeaseKeeper): Promise<void> {
    const { events } = this.#ports;
    const { operationId } = keeper.lease;
    const kept = keeper.keep();
    try {
      const status = await run.run();
      if (run instanceof OperationRun || status !== "running")
        events({ kind: "operation_ended", operationId, status, reason: null });
    } catch (error) {
      if (error instanceof LeaseLost || keeper.signal.aborted) {
        events({ kind: "lease_lost", operationId, reason: (error as Error).message });
        return;
      }
      events({ kind: "operation_broken", operationId, error });
    } finally {
      keeper.stop();
      await kept;
    }
    await keeper.giveBack().catch((error) => events({ kind: "operation_broken", operationId, error }));
  }

  async #sweepForever(): Promise<void> {
    const { clock, settings, events } = this.#ports;
    while (!this.#stop.signal.aborted) {
      await this.sweep().catch((error) => events({ kind: "sweep_failed", error }));
      await clock.sleep(settings.sweepMs, this.#stop.signal).catch(() => {});
    }
  }
}
