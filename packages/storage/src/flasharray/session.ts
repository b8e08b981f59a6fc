import {
  type Clock,
  type HttpResponse,
  type HttpTransport,
  HttpTransportError,
  type Random,
  withJitter,
} from "@protector/ports";
import type { ArrayAccess } from "../storage-driver.ts";
import { isCertificateTrouble, messagesOf, parseAnswer, parseJson, silenceClass, statusClass } from "./answers.ts";
import { type ApiVersion, CEILING, chooseVersion, FLOOR, formatVersion } from "./api-version.ts";
import { FlashArrayError, refuse } from "./array-error.ts";
import { classify, failureClassOf } from "./messages.ts";

/** What the driver needs of the world. */
export interface FlashArrayPorts {
  readonly transport: HttpTransport;
  readonly clock: Clock;
  readonly random: Random;
  /** Youngest REST version to use; default the youngest that the driver knows. */
  readonly newestVersion?: ApiVersion;
}

/** One call under `/api/<version>/`. */
export interface ArrayCall {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  /** Without version, e.g. `volumes`. */
  readonly path: string;
  /** Encoded, with its `?`, or empty. */
  readonly query: (version: ApiVersion) => string;
  readonly body?: object;
  /** Must not be sent again when it may have had its effect. */
  readonly isOnce?: boolean;
}

const TIMEOUT_MS = 30_000;
/** Sendings in all of a call that certainly did nothing, or that may be repeated. */
const MOST_TRIES = 5;
/** Sendings in all of a call that got no answer: each costs a whole timeout. */
const MOST_SILENT_TRIES = 2;
const FIRST_PAUSE_MS = 500;

/**
 * The way to one array: one negotiated version and one login, shared by all calls. A call is repeated once after an expired
 * session (401), after a pause when the array says it is too busy (429), and with growing pauses when a gateway answers in
 * its place (above 500) or nobody does; never for another reason.
 */
export class ArraySession {
  readonly #ports: FlashArrayPorts;
  readonly #access: ArrayAccess;
  #version: Promise<ApiVersion> | undefined;
  #token: Promise<string> | undefined;
  /** As the array called it at the login. */
  #userName: string | undefined;

  constructor(ports: FlashArrayPorts, access: ArrayAccess) {
    this.#ports = ports;
    this.#access = access;
  }

  get random(): Random {
    return this.#ports.random;
  }

  /** The version in use. @throws OutsideError `needs_operator` when the array is older than the floor. */
  version(): Promise<ApiVersion> {
    this.#version ??= this.#negotiate().catch((error: unknown) => {
      this.#version = undefined;
      throw error;
    });
    return this.#version;
  }

  /** The array's user that the token belongs to; undefined when the array did not say at the login. */
  async userName(): Promise<string | undefined> {
    await this.#logIn();
    return this.#userName;
  }

  /**
   * The answer's body, parsed; undefined when it is empty.
   * @throws FlashArrayError
   */
  async call(call: ArrayCall): Promise<unknown> {
    let hasLoggedInAgain = false;
    let hasRenegotiated = false;
    for (;;) {
      const version = await this.version();
      const login = this.#logIn();
      const token = await login;
      const response = await this.#send(call, version, token);
      if (response.status < 300) return parseAnswer(nameOf(call), response);
      if (response.status === 401 && !hasLoggedInAgain) {
        hasLoggedInAgain = true;
        if (this.#token === login) this.#token = undefined;
        continue;
      }
      if ((response.status === 404 || response.status === 450) && !hasRenegotiated) {
        hasRenegotiated = true;
        this.#version = undefined;
        if (formatVersion(await this.version()) !== formatVersion(version)) continue;
      }
      throw this.#refused(nameOf(call), response);
    }
  }

  /** Logs out, if logged in. The session would die by itself, so a failure to is no error. */
  async close(): Promise<void> {
    const token = await this.#token?.catch(() => undefined);
    const version = await this.#version?.catch(() => undefined);
    this.#token = undefined;
    if (token === undefined || !version) return;
    const request = this.#request("POST", `/api/${formatVersion(version)}/logout`, { "x-auth-token": token });
    await this.#ports.transport(request).catch((error: unknown) => {
      if (!(error instanceof HttpTransportError)) throw error;
    });
  }

  async #negotiate(): Promise<ApiVersion> {
    const call = "GET /api/api_version";
    const response = await this.#patiently(call, this.#request("GET", "/api/api_version", {}), false);
    if (response.status !== 200) throw this.#refused(call, response);
    const list = (parseJson(response.body) as { version?: unknown } | undefined)?.version;
    const announced = Array.isArray(list) ? list.map(String) : [];
    const version = chooseVersion(announced, this.#ports.newestVersion ?? CEILING);
    if (version) return version;
    const offered = announced.at(-1) ?? "none";
    throw refuse(call, `the array's newest API is ${offered}, needed is ${formatVersion(FLOOR)}`, "needs_operator");
  }

  #logIn(): Promise<string> {
    if (!this.#token) {
      const login = this.#openSession();
      this.#token = login;
      login.catch(() => {
        if (this.#token === login) this.#token = undefined;
      });
    }
    return this.#token;
  }

  async #openSession(): Promise<string> {
    const path = `/api/${formatVersion(await this.version())}/login`;
    const request = this.#request("POST", path, { "api-token": this.#access.apiToken });
    const response = await this.#patiently("POST /login", request, false);
    const token = response.headers["x-auth-token"];
    if (response.status === 200 && token) {
      this.#userName = userOf(response.body);
      return token;
    }
    const error = this.#refused("POST /login", response);
    if (response.status !== 400) throw error;
    throw new FlashArrayError({ ...error.failure, failureClass: "needs_operator" }, error.refusal);
  }

  #send(call: ArrayCall, version: ApiVersion, token: string): Promise<HttpResponse> {
    const path = `/api/${formatVersion(version)}/${call.path}${call.query(version)}`;
    const request = this.#request(call.method, path, { "x-auth-token": token }, call.body);
    return this.#patiently(nameOf(call), request, call.isOnce ?? false);
  }

  #request(method: string, path: string, headers: Record<string, string>, body?: object) {
    const id = this.#ports.random.uuid();
    return {
      method,
      url: this.#access.url.replace(/\/+$/, "") + path,
      headers: {
        accept: "application/json",
        "x-request-id": id,
        ...headers,
        ...(body ? { "content-type": "application/json" } : {}),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
      timeoutMs: TIMEOUT_MS,
      tls: this.#access.tls,
    };
  }

  /** Sends until there is an answer that is the array's own. */
  async #patiently(call: string, request: Parameters<HttpTransport>[0], isOnce: boolean): Promise<HttpResponse> {
    let mayHaveHappened = false;
    let silentTries = 0;
    for (let tries = 1; ; tries += 1) {
      try {
        const response = await this.#ports.transport(request);
        if (response.status !== 429 && response.status <= 500) return response;
        if (response.status > 500) mayHaveHappened = true;
        if (tries >= MOST_TRIES || (isOnce && mayHaveHappened)) throw this.#refused(call, response);
        await this.#pause(tries, response);
      } catch (error) {
        if (!(error instanceof HttpTransportError)) throw error;
        if (error.fault === "interrupted") {
          mayHaveHappened = true;
          silentTries += 1;
        }
        const isSpent =
          tries >= MOST_TRIES ||
          isCertificateTrouble(error) ||
          silentTries >= MOST_SILENT_TRIES ||
          (isOnce && mayHaveHappened);
        if (isSpent) throw this.#unanswered(call, request, error, mayHaveHappened);
        await this.#pause(tries);
      }
    }
  }

  #pause(tries: number, response?: HttpResponse): Promise<void> {
    const { clock, random } = this.#ports;
    if (response?.status !== 429) return clock.sleep(withJitter(FIRST_PAUSE_MS * 2 ** (tries - 1), random));
    const isMinuteSpent = response.headers["x-ratelimit-remaining-minute"] === "0";
    return clock.sleep(isMinuteSpent ? 60_000 : 1_000);
  }

  #unanswered(
    call: string,
    request: Parameters<HttpTransport>[0],
    error: HttpTransportError,
    mayHaveHappened: boolean,
  ): FlashArrayError {
    const failure = {
      call,
      status: undefined,
      ...(this.#access.name === undefined ? {} : { place: this.#access.name }),
      detail: this.#redact(error.message),
      remoteRequestId: request.headers["x-request-id"],
      failureClass: silenceClass(error),
      effect: mayHaveHappened && request.method !== "GET" ? ("unknown" as const) : ("none" as const),
    };
    return new FlashArrayError(failure, "unknown", { cause: error });
  }

  #refused(call: string, response: HttpResponse): FlashArrayError {
    const messages = messagesOf(response.body);
    const refusal = response.status === 400 ? classify(messages.map((entry) => entry.message)) : "unknown";
    const detail = messages.map((entry) => (entry.context ? `${entry.context}: ${entry.message}` : entry.message));
    return new FlashArrayError(
      {
        call,
        status: response.status,
        host: new URL(this.#access.url).host,
        detail: this.#redact(detail.join("; ") || response.body.slice(0, 500) || "no text"),
        remoteRequestId: response.headers["x-request-id"],
        failureClass: statusClass(response.status) ?? failureClassOf(refusal),
        effect: response.status >= 500 && !call.startsWith("GET ") ? "unknown" : "none",
      },
      refusal,
    );
  }

  #redact(text: string): string {
    return text.replaceAll(this.#access.apiToken || "\u0000", "***");
  }
}

function nameOf(call: ArrayCall): string {
  return `${call.method} /${call.path}`;
}

function userOf(body: string): string | undefined {
  const { items } = (parseJson(body) ?? {}) as { readonly items?: readonly { readonly username?: unknown }[] };
  return typeof items?.[0]?.username === "string" ? items[0].username : undefined;
}
