import {
  codeOfWire,
  ERROR_CATALOGUE,
  MAX_MICROVERSION,
  type PathOf,
  pathOf,
  type RequestOf,
  type ResponseOf,
  ROUTES,
  type Route,
  type RouteName,
  SERVICE_TYPE,
} from "@protector/contract";
import type { Clock, HttpRequest, HttpResponse, HttpTransport, Random, TlsOptions } from "@protector/ports";
import { ApiError, type ApiFailure, clientError } from "./api-error.ts";
import type { SiteSession } from "./site-session.ts";

/** One call's time limit in ms. */
const TIMEOUT_MS = 30_000;
/** Tries of a call that may be repeated without harm. */
const TRIES = 3;
const FIRST_PAUSE_MS = 500;

/** What a client needs from outside. */
export interface ClientPorts {
  readonly transport: HttpTransport;
  readonly clock: Clock;
  readonly random: Random;
}

export interface SiteClientOptions {
  readonly session: SiteSession;
  readonly ports: ClientPorts;
  readonly tls?: TlsOptions;
  /** Our request id (`req-<uuid>`), the same for every call of one command on both sites. */
  readonly globalRequestId: string;
}

/** Which part of a list is wanted; default the whole of it. */
export interface PageRequest {
  /** Most items. */
  readonly limit?: number;
  /** Id of the last item of the page before. */
  readonly marker?: string;
}

type Query = Readonly<Record<string, string | number | boolean | undefined>>;
type NoProject<P> = Omit<P, "project_id">;

/** What a call carries beside its route. `project_id` is filled in from the token. */
export type CallOptions<N extends RouteName> = {
  readonly query?: Query;
  /** Same key = the same request, not done twice. Default for routes that honour it: a new one. */
  readonly idempotencyKey?: string;
} & (keyof NoProject<PathOf<N>> extends never
  ? { readonly path?: undefined }
  : { readonly path: NoProject<PathOf<N>> }) &
  (RequestOf<N> extends undefined ? { readonly body?: undefined } : { readonly body: RequestOf<N> });

type OptionalArguments<T> = object extends T ? [options?: T] : [options: T];

/** Routes that list. */
export type ListRouteName = {
  [N in RouteName]: (typeof ROUTES)[N] extends { readonly list: object } ? N : never;
}[RouteName];
type ItemOf<N extends ListRouteName> =
  ResponseOf<N> extends infer R
    ? { [K in keyof R]: K extends "links" ? never : R[K] extends readonly (infer I)[] ? I : never }[keyof R]
    : never;

/** Protector's REST API at one site. Every method throws {@link ApiError}. */
export class SiteClient {
  readonly #options: SiteClientOptions;

  constructor(options: SiteClientOptions) {
    this.#options = options;
  }

  /** What people call the site. */
  get name(): string {
    return this.#options.session.name;
  }

  /** Project of the token. */
  async projectId(): Promise<string> {
    const { projectId } = await this.#login();
    if (projectId !== undefined) return projectId;
    const detail = `The login at ${this.name} is for no project. Name one: project_name in clouds.yaml, or OS_PROJECT_NAME.`;
    throw clientError("project.mismatch", this.name, detail);
  }

  /** Root of the API without version, e.g. `http://controller:8788`. */
  async rootUrl(): Promise<string> {
    const url = await this.#guarded(() => this.#options.session.endpoint());
    return url.replace(/\/+$/, "").replace(/\/v1(\/[^/]+)?$/, "");
  }

  /** Calls a route and returns its typed answer. */
  async call<N extends RouteName>(name: N, ...[options]: OptionalArguments<CallOptions<N>>): Promise<ResponseOf<N>> {
    return this.#read(ROUTES[name], await this.#exchange(name, options)) as ResponseOf<N>;
  }

  /** Calls a route that can answer with an HTML page, and returns the page as it came. */
  async html<N extends RouteName>(name: N, options: CallOptions<N>): Promise<string> {
    const answer = await this.#exchange(name, { ...options, query: { ...options.query, format: "html" } });
    if (answer.status >= 300) throw refusal(this.name, answer);
    return answer.body;
  }

  async #exchange(name: RouteName, options: object | undefined): Promise<HttpResponse> {
    const given = (options ?? {}) as {
      readonly query?: Query;
      readonly path?: Readonly<Record<string, string>>;
      readonly body?: unknown;
      readonly idempotencyKey?: string;
    };
    const route: Route = ROUTES[name];
    const project = route.path.includes("{project_id}") ? { project_id: await this.projectId() } : {};
    const path = pathOf(name, { ...given.path, ...project } as PathOf<typeof name>);
    const url = `${await this.rootUrl()}${path}${queryText(given.query)}`;
    const key = route.isIdempotencyKeyed ? (given.idempotencyKey ?? this.#options.ports.random.uuid()) : undefined;
    const send = async (token: string | undefined) =>
      this.#send(route, {
        method: route.method,
        url,
        timeoutMs: TIMEOUT_MS,
        headers: {
          ...this.#headers(token),
          ...(given.body === undefined ? {} : { "content-type": "application/json" }),
          ...(key === undefined ? {} : { "idempotency-key": key }),
        },
        ...(given.body === undefined ? {} : { body: JSON.stringify(given.body) }),
        ...(this.#options.tls === undefined ? {} : { tls: this.#options.tls }),
      });
    return route.rule === null ? send(undefined) : this.#authorised(send);
  }

  /** Every item of a list, page by page as they are asked for. */
  async *list<N extends ListRouteName>(
    name: N,
    ...[options]: OptionalArguments<CallOptions<N>>
  ): AsyncGenerator<ItemOf<N>, void, undefined> {
    const key = (ROUTES[name] as Route).list?.collection ?? "";
    let query: Query = (options as { query?: Query } | undefined)?.query ?? {};
    for (;;) {
      const page = (await this.call(name, ...([{ ...options, query }] as never))) as Record<string, unknown>;
      const items = page[key] as readonly ItemOf<N>[];
      yield* items;
      const links = (page.links ?? []) as readonly { readonly rel: string; readonly href: string }[];
      const next = links.find(({ rel }) => rel === "next");
      const marker = next && new URL(next.href, "http://next").searchParams.get("marker");
      if (!marker || items.length === 0) return;
      query = { ...query, marker };
    }
  }

  /** A whole list. */
  async all<N extends ListRouteName>(
    name: N,
    ...options: OptionalArguments<CallOptions<N>>
  ): Promise<readonly ItemOf<N>[]> {
    const items: ItemOf<N>[] = [];
    for await (const item of this.list(name, ...options)) items.push(item);
    return items;
  }

  /**
   * A part of a list.
   * @throws ApiError `pagination.marker_not_found` when the list has no item of the marker's id.
   */
  async page<N extends ListRouteName>(
    name: N,
    { limit = Number.POSITIVE_INFINITY, marker }: PageRequest,
    ...[options]: OptionalArguments<CallOptions<N>>
  ): Promise<readonly ItemOf<N>[]> {
    const items: ItemOf<N>[] = [];
    const { query } = (options as { query?: Query } | undefined) ?? {};
    const paged = { ...query, marker, limit: limit < Number.POSITIVE_INFINITY ? limit : undefined };
    for await (const item of this.list(name, ...([{ ...options, query: paged }] as never))) {
      items.push(item);
      if (items.length >= limit) break;
    }
    return items;
  }

  #headers(token: string | undefined): Record<string, string> {
    return {
      accept: "application/json",
      "openstack-api-version": `${SERVICE_TYPE} ${MAX_MICROVERSION}`,
      "x-openstack-request-id": this.#options.globalRequestId,
      ...(token === undefined ? {} : { "x-auth-token": token }),
    };
  }

  /** A token that was kept from before may be revoked: what it was refused for is asked once more with a new one. */
  async #authorised(send: (token: string) => Promise<HttpResponse>): Promise<HttpResponse> {
    const { session } = this.#options;
    const { value } = await this.#login();
    const answer = await send(value);
    if (answer.status !== 401 || !session.discardToken) return answer;
    session.discardToken(value);
    const renewed = await this.#login();
    return renewed.value === value ? answer : send(renewed.value);
  }

  #login() {
    return this.#guarded(() => this.#options.session.token());
  }

  /** The session's own errors, told as errors of this site. */
  async #guarded<T>(ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      if (error instanceof ApiError) throw error;
      throw loginError(this.name, error);
    }
  }

  async #send(route: Route, request: HttpRequest): Promise<HttpResponse> {
    const isRepeatable = route.method === "GET" || route.method === "PUT" || route.isIdempotencyKeyed;
    const { transport, clock } = this.#options.ports;
    for (let attempt = 1; ; attempt++) {
      try {
        return await transport(request);
      } catch (error) {
        const fault = faultOf(error);
        if (fault === undefined) throw error;
        if (fault === "unreachable" || !isRepeatable || attempt >= TRIES) throw this.#silent(fault, error);
      }
      await clock.sleep(FIRST_PAUSE_MS * 2 ** (attempt - 1));
    }
  }

  #silent(silence: "unreachable" | "interrupted", cause: unknown): ApiError {
    const said = (cause as Error).message;
    const unsure = silence === "interrupted" ? " The request may have had its effect all the same." : "";
    const detail = `protector-api of ${this.name} does not answer: ${said}.${unsure}`;
    return clientError("peer.unreachable", this.name, detail, { silence, status: undefined, cause });
  }

  #read(route: Route, answer: HttpResponse): unknown {
    if (answer.status >= 300) throw refusal(this.name, answer);
    if (route.response === null || answer.body === "") return undefined;
    try {
      return JSON.parse(answer.body);
    } catch (cause) {
      const detail = `${this.name} answered with something that is not JSON: is this Protector's address? The catalog names it: openstack catalog show protector`;
      throw clientError("internal", this.name, detail, { requestId: requestIdOf(answer), cause });
    }
  }
}

/** By name, not by class: the class lives beside code that no browser can load. */
function faultOf(error: unknown): "unreachable" | "interrupted" | undefined {
  if (!(error instanceof Error) || error.name !== "HttpTransportError") return undefined;
  return (error as Error & { readonly fault: "unreachable" | "interrupted" }).fault;
}

function queryText(query: Query | undefined): string {
  const entries = Object.entries(query ?? {}).filter(([, value]) => value !== undefined);
  if (entries.length === 0) return "";
  return `?${new URLSearchParams(entries.map(([name, value]) => [name, String(value)]))}`;
}

function requestIdOf(answer: HttpResponse): string | undefined {
  return answer.headers["x-openstack-request-id"];
}

/** An answer with an error body: Protector's own, or the one of keystonemiddleware's form for 401. */
function refusal(site: string, answer: HttpResponse): ApiError {
  const item = firstError(answer.body);
  const requestId = requestIdOf(answer);
  if (!item) {
    const code = answer.status === 401 ? "authentication.required" : "internal";
    const detail =
      answer.status === 401
        ? `${site} does not accept the token.`
        : `${site} answered HTTP ${answer.status}: ${answer.body.slice(0, 200) || "(empty)"}`;
    return clientError(code, site, detail, { status: answer.status, requestId });
  }
  const wire = typeof item.code === "string" ? item.code : "";
  const code = codeOfWire(wire);
  const text = (value: unknown) => (typeof value === "string" ? value : undefined);
  return new ApiError({
    code,
    wireCode: code ?? wire,
    status: answer.status,
    title: text(item.title) ?? (code ? ERROR_CATALOGUE[code].title : `HTTP ${answer.status}`),
    detail: text(item.detail) ?? "",
    site,
    requestId: requestId ?? text(item.request_id),
    operationId: text(item.operation_id),
    fields: Array.isArray(item.fields) ? (item.fields as ApiFailure["fields"]) : undefined,
  });
}

function firstError(body: string): Record<string, unknown> | undefined {
  try {
    const first = (JSON.parse(body) as { errors?: unknown[] } | null)?.errors?.[0];
    return first && typeof first === "object" ? (first as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** A failed login: no answer counts as an unreachable site, everything else as refused credentials. */
function loginError(site: string, error: unknown): ApiError {
  const failure = (error as { failure?: { status?: number; failureClass?: string; remoteRequestId?: string } }).failure;
  const message = error instanceof Error ? error.message : String(error);
  if (!failure) return clientError("internal", site, `Login at ${site} failed: ${message}`, { cause: error });
  const { status, failureClass, remoteRequestId: requestId } = failure;
  if (status === undefined && failureClass !== "needs_operator") {
    const detail = `Keystone of ${site} does not answer: ${message}`;
    return clientError("authentication.unavailable", site, detail, {
      silence: "unreachable",
      status,
      requestId,
      cause: error,
    });
  }
  if (status === undefined) {
    const detail = `The catalog of ${site} does not name Protector: ${message}. Register the service type "protector" in Keystone, or correct region and interface of the login.`;
    const title = "Protector is not in the catalog";
    const wireCode = "client.endpoint_not_found";
    return new ApiError({ code: undefined, wireCode, status, title, detail, site, requestId }, { cause: error });
  }
  return clientError("authentication.required", site, `Login at ${site} failed: ${message}`, {
    status,
    requestId,
    cause: error,
  });
}
