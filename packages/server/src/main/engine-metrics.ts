import { once } from "node:events";
import { createServer } from "node:http";
import type { Clock, HttpTransport } from "@protector/ports";
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { EngineEvent } from "../engine/engine-events.ts";

/** What an engine counts, for Prometheus. */
export class EngineMetrics {
  readonly registry = new Registry();
  readonly #clock: Clock;
  /** When this engine took an operation, ms. */
  readonly #takenAt = new Map<string, number>();
  readonly #duration: Histogram<"status">;
  readonly #taken: Counter<"takeover">;
  readonly #stepRetries: Counter;
  readonly #stepDuration: Histogram<"outcome">;
  readonly #leasesLost: Counter;
  readonly #broken: Counter;
  readonly #watchFailures: Counter<"watch">;
  readonly #sweepFailures: Counter;
  readonly #callDuration: Histogram<"address" | "work" | "status">;

  constructor(clock: Clock) {
    this.#clock = clock;
    const registers = [this.registry];
    this.#duration = new Histogram({
      name: "protector_operation_duration_seconds",
      help: "Time this engine worked on an operation until it ended or was left, by the status it had then",
      labelNames: ["status"],
      buckets: [1, 5, 15, 30, 60, 120, 300, 600, 1800, 3600],
      registers,
    });
    this.#taken = new Counter({
      name: "protector_operations_taken_total",
      help: "Operations that this engine took; takeover: from an engine whose lease had lapsed",
      labelNames: ["takeover"],
      registers,
    });
    const counter = (name: string, help: string) => new Counter({ name, help, registers });
    this.#leasesLost = counter("protector_lease_lost_total", "Operations that another engine took from this one");
    this.#broken = counter("protector_operation_broken_total", "Operations left because of an error of the engine");
    this.#sweepFailures = counter("protector_sweep_failures_total", "Looks for work that failed");
    this.#watchFailures = new Counter({
      name: "protector_watch_failures_total",
      help: "Looks of a watch that failed",
      labelNames: ["watch"],
      registers,
    });
    this.#callDuration = new Histogram({
      name: "protector_outside_call_duration_seconds",
      help: "How long calls to OpenStack services and arrays took; status is the HTTP one, or none when no answer came",
      labelNames: ["address", "work", "status"],
      buckets: [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 60],
      registers,
    });
    this.#stepRetries = counter("protector_step_retries_total", "Tries of a step after the first");
    this.#stepDuration = new Histogram({
      name: "protector_step_duration_seconds",
      help: "How long a try of a step took",
      labelNames: ["outcome"],
      buckets: [0.1, 0.5, 1, 5, 15, 60, 300, 1800],
      registers,
    });
    new Gauge({
      name: "protector_operations_busy",
      help: "Operations that this engine works on",
      registers,
      collect: this.#collectBusy(),
    });
  }

  observe(event: EngineEvent): void {
    switch (event.kind) {
      case "operation_taken":
        this.#takenAt.set(event.operationId, this.#clock.now());
        this.#taken.inc({ takeover: String(event.isTakeover) });
        break;
      case "operation_ended":
        this.#leave(event.operationId, event.status);
        break;
      case "lease_lost":
        this.#leasesLost.inc();
        this.#leave(event.operationId, "lease_lost");
        break;
      case "operation_broken":
        this.#broken.inc();
        this.#leave(event.operationId, "broken");
        break;
      case "sweep_failed":
        this.#sweepFailures.inc();
        break;
      case "watch_failed":
        this.#watchFailures.inc({ watch: event.watch });
        break;
      case "step_ended":
        this.#stepDuration.observe({ outcome: event.error === null ? "done" : "not_done" }, event.durationMs / 1000);
        break;
      case "step_began":
        if (event.attempt > 1) this.#stepRetries.inc();
        break;
      case "duty_done":
      case "primary_changed":
      case "marker_freed":
        break;
    }
  }

  /**
   * A transport whose calls are counted and timed.
   * @param work what calls: operations, or the watches that look at everything all the time.
   */
  timeCalls(transport: HttpTransport, work: "operation" | "watch"): HttpTransport {
    return async (request) => {
      const beganAt = this.#clock.now();
      let status = "none";
      try {
        const answer = await transport(request);
        status = String(answer.status);
        return answer;
      } finally {
        const address = new URL(request.url).host;
        this.#callDuration.observe({ address, work, status }, (this.#clock.now() - beganAt) / 1000);
      }
    };
  }

  /**
   * Answers `GET /metrics`.
   * @param bind `host:port`.
   * @throws Error when the address cannot be listened on.
   */
  async serve(bind: string): Promise<{ close(): Promise<void> }> {
    const server = createServer(async (request, response) => {
      if (request.url !== "/metrics") return void response.writeHead(404).end();
      response.writeHead(200, { "content-type": this.registry.contentType }).end(await this.registry.metrics());
    });
    const colon = bind.lastIndexOf(":");
    server.listen(Number(bind.slice(colon + 1)), bind.slice(0, colon).replace(/^\[|\]$/g, ""));
    await once(server, "listening");
    return {
      close: async () => {
        const closed = once(server, "close");
        server.close();
        server.closeAllConnections();
        await closed;
      },
    };
  }

  /** `collect` of prom-client is called with the gauge as `this`. */
  #collectBusy() {
    const takenAt = this.#takenAt;
    return function collect(this: Gauge) {
      this.set(takenAt.size);
    };
  }

  #leave(operationId: string, status: string): void {
    const takenAt = this.#takenAt.get(operationId);
    if (takenAt === undefined) return;
    this.#takenAt.delete(operationId);
    this.#duration.observe({ status }, (this.#clock.now() - takenAt) / 1000);
  }
}
