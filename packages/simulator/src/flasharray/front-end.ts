import type { SimulatedRequest, SimulatedResponse, SimulatedService } from "../http/service.ts";
import { parseVersion } from "./api-version.ts";
import type { FlashArrayModel } from "./model.ts";
import { Rest1 } from "./rest1/rest1.ts";
import { Rest2 } from "./rest2/rest2.ts";
import type { Sessions } from "./sessions.ts";

export interface FrontEndOptions {
  readonly model: FlashArrayModel;
  readonly sessions: Sessions;
  readonly origin: string;
  /** What `/api/api_version` announces, ascending. */
  readonly versions: readonly string[];
  /** Told after every call that may have changed the array, before it is answered. */
  readonly onChange?: (() => void) | undefined;
}

/** The management address of one array: REST 1.x and REST 2.x beside each other over the same objects. */
export class FlashArrayFrontEnd implements SimulatedService {
  readonly name: string;
  readonly origin: string;
  readonly #model: FlashArrayModel;
  readonly #rest1: Rest1;
  readonly #rest2: Rest2;
  readonly #onChange: (() => void) | undefined;
  #versions: readonly string[];

  constructor(options: FrontEndOptions) {
    this.name = options.model.name;
    this.origin = options.origin;
    this.#model = options.model;
    const portal = new URL(options.origin).hostname;
    this.#rest1 = new Rest1({ model: options.model, sessions: options.sessions, portal });
    this.#rest2 = new Rest2(options.model, options.sessions);
    this.#onChange = options.onChange;
    this.#versions = options.versions;
  }

  /** Announces other versions from now on, as after an upgrade or a downgrade. */
  set versions(versions: readonly string[]) {
    this.#versions = versions;
  }

  async handle(request: SimulatedRequest): Promise<SimulatedResponse> {
    const requestId = request.headers["x-request-id"] ?? this.#model.state.random.uuid();
    const answer = this.#answer(request);
    if (request.method !== "GET") this.#onChange?.();
    return { ...answer, headers: { ...answer.headers, "x-request-id": requestId } };
  }

  #answer(request: SimulatedRequest): SimulatedResponse {
    if (!this.#model.isUp) return { status: 503, body: { message: "array is down" } };
    if (request.method === "GET" && request.path === "/api/api_version") {
      return { status: 200, body: { version: this.#versions } };
    }
    const match = /^\/api\/(\d+\.\d+)\/(.+?)\/?$/.exec(request.path);
    const text = match?.[1] ?? "";
    const version = parseVersion(text);
    const isKnown = this.#versions.includes(text);
    if (version?.[0] === 1) return this.#rest1.answer(request, { isKnown, path: match?.[2] ?? "" });
    if (version?.[0] === 2 && isKnown) return this.#rest2.answer(request, version, match?.[2] ?? "");
    return { status: 404, body: { errors: [{ context: null, message: "Not found." }] } };
  }
}
