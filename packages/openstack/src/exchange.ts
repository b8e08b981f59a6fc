import {
  type HttpRequest,
  type HttpResponse,
  HttpTransportError,
  OutsideError,
  type TlsOptions,
  withJitter,
} from "@protector/ports";
import type { CloudPorts } from "./cloud.ts";
import { errorDetail } from "./error-detail.ts";
import { classifyAnswer, retryAfterMs } from "./failure-classes.ts";

/** Pause before the first repeat, in ms; doubled for each further one. */
const FIRST_PAUSE_MS = 1_000;
/** A service that asks for more patience than this gets an error now rather than a caller that hangs. */
const LONGEST_PAUSE_MS = 30_000;
/** Headers whose values are secret. */
const SECRET_HEADERS = ["x-auth-token", "x-subject-token", "x-service-token"];

/** One call, whichever service it is for. */
export interface Exchange {
  readonly service: string;
  /** Method and path without query, for people. */
  readonly call: string;
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Whether the call leaves the world as it was: then it may be repeated whatever happened to it. */
  readonly isRead: boolean;
  /** Error statuses that are an answer to this call. */
  readonly accept?: readonly number[];
}

export interface WireOptions {
  readonly tls: TlsOptions | undefined;
  readonly timeoutMs: number;
  readonly tries: number;
  /** What people call the cloud. */
  readonly place: string | undefined;
}

/** Sends calls and repeats those that failed in passing without an effect. */
export class Wire {
  readonly #ports: CloudPorts;
  readonly #options: WireOptions;

  constructor(ports: CloudPorts, options: WireOptions) {
    this.#ports = ports;
    this.#options = options;
  }

  /** @throws OutsideError for no answer and for every status from 300 that `accept` does not name. */
  async exchange(exchange: Exchange): Promise<HttpResponse> {
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.#attempt(exchange);
      if ("answer" in outcome) return outcome.answer;
      const { failureClass, effect } = outcome.error.failure;
      const isRepeatable = failureClass === "retryable" && (exchange.isRead || effect === "none");
      const pause = outcome.retryAfter ?? withJitter(FIRST_PAUSE_MS * 2 ** (attempt - 1), this.#ports.random);
      if (!isRepeatable || attempt >= this.#options.tries || pause > LONGEST_PAUSE_MS) throw outcome.error;
      await this.#ports.clock.sleep(pause);
    }
  }

  async #attempt(exchange: Exchange): Promise<Outcome> {
    const { tls, timeoutMs } = this.#options;
    const request: HttpRequest = {
      method: exchange.method,
      url: exchange.url,
      headers: exchange.headers,
      timeoutMs,
      ...(exchange.body === undefined ? {} : { body: exchange.body }),
      ...(tls === undefined ? {} : { tls }),
    };
    let answer: HttpResponse;
    try {
      answer = await this.#ports.transport(request);
    } catch (error) {
      if (error instanceof HttpTransportError)
        return { error: unanswered(exchange, error, this.#options.place), retryAfter: undefined };
      throw error;
    }
    if (answer.status < 300 || exchange.accept?.includes(answer.status)) return { answer };
    return { error: refused(exchange, answer), retryAfter: retryAfterMs(answer) };
  }
}

type Outcome =
  | { readonly answer: HttpResponse }
  | { readonly error: OutsideError; readonly retryAfter: number | undefined };

/** Request id that a service gave to the call; old Nova and Cinder have a header of their own. */
export function remoteRequestId(answer: HttpResponse): string | undefined {
  return answer.headers["x-openstack-request-id"] ?? answer.headers["x-compute-request-id"];
}

function refused(exchange: Exchange, answer: HttpResponse): OutsideError {
  const secrets = SECRET_HEADERS.flatMap((name) => exchange.headers[name] ?? []);
  return new OutsideError({
    service: exchange.service,
    call: exchange.call,
    status: answer.status,
    host: new URL(exchange.url).host,
    detail: errorDetail(answer, secrets),
    remoteRequestId: remoteRequestId(answer),
    ...classifyAnswer(answer, !exchange.isRead),
  });
}

function unanswered(exchange: Exchange, error: HttpTransportError, place: string | undefined): OutsideError {
  const wasSent = error.fault === "interrupted";
  return new OutsideError(
    {
      service: exchange.service,
      call: exchange.call,
      status: undefined,
      ...(place === undefined ? {} : { place }),
      detail: error.message,
      remoteRequestId: undefined,
      failureClass: wasSent ? "retryable" : "waiting",
      effect: wasSent && !exchange.isRead ? "unknown" : "none",
    },
    { cause: error },
  );
}
