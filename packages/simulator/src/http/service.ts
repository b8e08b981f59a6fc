/** One request as a simulated service sees it. Header names are lower case. */
export interface SimulatedRequest {
  readonly method: string;
  /** Path without query, e.g. `/v3/auth/tokens`. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The answer. `body` is sent as JSON unless it is a string; undefined sends an empty body. */
export interface SimulatedResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** A simulated HTTP service: one origin (scheme, address, port) of the simulated world. */
export interface SimulatedService {
  /** Unique in the world, e.g. `site-a/nova`, `array-a`; faults and latencies are set by it. */
  readonly name: string;
  /** Origin under which others reach it, e.g. `http://127.0.0.11:8774`. Set when the world is laid out. */
  readonly origin: string;
  /** Answers one request. Latency and faults are applied around it, never inside. */
  handle(request: SimulatedRequest): Promise<SimulatedResponse>;
}
