import type { Clock } from "@protector/ports";
import type { SimulatedRequest, SimulatedResponse, SimulatedService } from "./service.ts";

/**
 * What goes wrong with a matching call.
 *
 * | kind | effect on the service | what the caller sees |
 * |---|---|---|
 * | `refuse` | none | `status` with `body` (401, 403, 409, 413, 429, 5xx …) |
 * | `unreachable` | none | connection refused |
 * | `lost_request` | none | no answer until its timeout |
 * | `lost_answer` | takes place | no answer until its timeout |
 * | `slow` | takes place | the answer, `delayMs` later |
 * | `late` | takes place `delayMs` later | the answer, after that |
 */
export type Fault =
  | {
      readonly kind: "refuse";
      readonly status: number;
      readonly body?: unknown;
      readonly headers?: Record<string, string>;
    }
  | { readonly kind: "unreachable" }
  | { readonly kind: "lost_request" }
  | { readonly kind: "lost_answer" }
  | { readonly kind: "slow"; readonly delayMs: number }
  | { readonly kind: "late"; readonly delayMs: number };

/** Which calls a fault hits, and how often. */
export interface FaultRule {
  /** Service name, a prefix ending in `/` (`site-a/` hits the whole cloud), or `*` for every service. */
  readonly service: string;
  readonly method?: string;
  readonly path?: RegExp;
  /** Looks at more than method and path, e.g. at the body. */
  readonly when?: (request: SimulatedRequest) => boolean;
  /** Matching calls to let through first; default 0. */
  readonly skip?: number;
  /** Calls to hit; default: every one, until the rule is removed. */
  readonly times?: number;
  readonly fault: Fault;
}

/** A call that reached a service (or would have), in order. */
export interface RecordedCall {
  readonly at: number;
  readonly service: string;
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Undefined while under way, and for calls whose answer was lost. */
  status: number | undefined;
}

/** Outcome of a call through {@link callService}: an answer, or the way in which none came. */
export type CallOutcome =
  | { readonly kind: "answer"; readonly response: SimulatedResponse }
  | { readonly kind: "unreachable" }
  | { readonly kind: "silent" };

interface ActiveRule {
  readonly rule: FaultRule;
  seen: number;
  hit: number;
}

/** Latency, faults and the call record of one simulated world. */
export class Conditions {
  readonly clock: Clock;
  /** Every call, oldest first; kept only while `isRecording`. */
  readonly calls: RecordedCall[] = [];
  isRecording = false;
  /** ms that a call takes before its effect; default 0. Given service name, method and path. */
  latencyOf: (service: string, method: string, path: string) => number = () => 0;
  #rules: ActiveRule[] = [];

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Puts a rule in force; the answer takes it out again. */
  inject(rule: FaultRule): () => void {
    const active: ActiveRule = { rule, seen: 0, hit: 0 };
    this.#rules.push(active);
    return () => {
      this.#rules = this.#rules.filter((other) => other !== active);
    };
  }

  /** Removes every rule. */
  clear(): void {
    this.#rules = [];
  }

  /** The fault that hits this call, if any; counts it. */
  next(service: string, request: SimulatedRequest): Fault | undefined {
    for (const active of this.#rules) {
      const { rule } = active;
      if (!hitsService(rule.service, service) || (rule.method && rule.method !== request.method)) continue;
      if (rule.path && !rule.path.test(request.path)) continue;
      if (rule.when && !rule.when(request)) continue;
      active.seen += 1;
      if (active.seen <= (rule.skip ?? 0)) continue;
      if (rule.times !== undefined && active.hit >= rule.times) continue;
      active.hit += 1;
      return rule.fault;
    }
    return undefined;
  }
}

function hitsService(wanted: string, service: string): boolean {
  if (wanted === "*") return true;
  return wanted.endsWith("/") ? service.startsWith(wanted) : service === wanted;
}

/** One call to a simulated service with the world's latency and faults around it. */
export async function callService(
  conditions: Conditions,
  service: SimulatedService,
  request: SimulatedRequest,
): Promise<CallOutcome> {
  const fault = conditions.next(service.name, request);
  const record = recordCall(conditions, service.name, request);
  if (fault?.kind === "unreachable") return { kind: "unreachable" };
  if (fault?.kind === "lost_request") return { kind: "silent" };
  const latency = conditions.latencyOf(service.name, request.method, request.path);
  if (latency > 0) await conditions.clock.sleep(latency);
  if (fault?.kind === "refuse") {
    record.status = fault.status;
    return { kind: "answer", response: { status: fault.status, body: fault.body, headers: fault.headers ?? {} } };
  }
  if (fault?.kind === "late") await conditions.clock.sleep(fault.delayMs);
  const response = await service.handle(request);
  if (fault?.kind === "lost_answer") return { kind: "silent" };
  if (fault?.kind === "slow") await conditions.clock.sleep(fault.delayMs);
  record.status = response.status;
  return { kind: "answer", response };
}

function recordCall(conditions: Conditions, service: string, request: SimulatedRequest): RecordedCall {
  const record: RecordedCall = {
    at: conditions.clock.now(),
    service,
    method: request.method,
    path: request.path,
    query: request.query.toString(),
    headers: request.headers,
    body: request.body,
    status: undefined,
  };
  if (conditions.isRecording) conditions.calls.push(record);
  return record;
}
