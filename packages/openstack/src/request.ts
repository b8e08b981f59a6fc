import { type HttpResponse, OutsideError } from "@protector/ports";
import { type AnswerSource, type Fields, readJson } from "./answer.ts";
import { remoteRequestId } from "./exchange.ts";
import type { Session } from "./session.ts";

/** Filters of a list; undefined ones are left out. */
export type Query = Readonly<Record<string, string | undefined>>;

/** One call to a service. */
export interface ServiceRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Under the service's base URL, from its slash, parts encoded. */
  readonly path: string;
  readonly query?: Query;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
  /** Error statuses that are an answer to this call. */
  readonly accept?: readonly number[];
}

/** An answer that is not an error, or one that was asked to be accepted. */
export interface ServiceAnswer {
  readonly status: number;
  /** @throws OutsideError `final` when the body is not a JSON object. */
  fields(): Fields;
}

/** What a service needs to be called. */
export interface ServiceAddress {
  /** Service as people know it, e.g. `nova`. */
  readonly service: string;
  readonly session: Session;
  readonly requestId: string;
  baseUrl(): Promise<string>;
  /** Headers of every call, e.g. the microversion. */
  headers?(): Promise<Readonly<Record<string, string>>>;
}

/** Most pages of one list: a service that keeps naming a next page is broken. */
const MOST_PAGES = 10_000;
/** Tokens that a call is tried with. */
const TOKENS = 3;

/** Calls one service with the session's token, its version header and our request id. */
export class ServiceCaller {
  readonly #address: ServiceAddress;

  constructor(address: ServiceAddress) {
    this.#address = address;
  }

  /**
   * Sends a call; on a 401 again with a fresh token, and with another one when that is refused too (see
   * {@link Session.replace}).
   * @throws OutsideError
   */
  async send(request: ServiceRequest): Promise<ServiceAnswer> {
    const url = `${await this.#address.baseUrl()}${request.path}${queryText(request.query)}`;
    return this.sendTo(url, request);
  }

  /** As {@link send}, to an address of its own: version documents lie outside the base URL. */
  async sendTo(url: string, request: ServiceRequest): Promise<ServiceAnswer> {
    const { session, requestId } = this.#address;
    const headers = { ...(await this.#address.headers?.()), ...request.headers };
    for (let attempt = 1; ; attempt += 1) {
      const { value } = await session.token(requestId);
      try {
        return await this.#exchange(url, request, { ...headers, "x-auth-token": value });
      } catch (error) {
        if (!(error instanceof OutsideError) || error.failure.status !== 401 || attempt === TOKENS) throw error;
        await session.replace(value);
      }
    }
  }

  /**
   * The object under `key` of the answer to a GET; undefined for 404.
   * @throws OutsideError `final` for a 404 that is not JSON: then a proxy or a wrong address answered, which says nothing
   *   about the object.
   */
  async find(path: string, key: string, query?: Query): Promise<Fields | undefined> {
    const answer = await this.send({ method: "GET", path, accept: [404], ...(query === undefined ? {} : { query }) });
    const fields = answer.fields();
    return answer.status === 404 ? undefined : fields.object(key);
  }

  /** All items of a list, page by page. */
  list(path: string, key: string, query: Query = {}): Promise<readonly Fields[]> {
    return this.listAs({ path, key, query }, (item) => item);
  }

  /** The same, each item read as soon as its page is there: of a long list only what was read is held. */
  async listAs<T>(
    { path, key, query = {} }: { readonly path: string; readonly key: string; readonly query?: Query },
    read: (item: Fields) => T,
  ): Promise<readonly T[]> {
    const items: T[] = [];
    let next: Query = query;
    for (let page = 0; page < MOST_PAGES; page++) {
      const fields = (await this.send({ method: "GET", path, query: next })).fields();
      for (const item of fields.list(key)) items.push(read(item));
      const following = nextPage(fields);
      if (following === undefined) return items;
      next = { ...query, ...following };
    }
    throw new OutsideError({
      service: this.#address.service,
      call: `GET ${path}`,
      status: undefined,
      detail: `the list has more than ${MOST_PAGES} pages`,
      remoteRequestId: undefined,
      failureClass: "final",
      effect: "none",
    });
  }

  /** Deletes; an object that is not there counts as deleted (a 404 that is not JSON does not, see {@link find}). */
  async remove(path: string): Promise<void> {
    const answer = await this.send({ method: "DELETE", path, accept: [404] });
    if (answer.status === 404) answer.fields();
  }

  async #exchange(url: string, request: ServiceRequest, headers: Record<string, string>): Promise<ServiceAnswer> {
    const call = `${request.method} ${request.path}`;
    const { service, session, requestId } = this.#address;
    const answer = await session.wire.exchange({
      service,
      call,
      method: request.method,
      url,
      headers: {
        accept: "application/json",
        "x-openstack-request-id": requestId,
        ...(request.body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      isRead: request.method === "GET",
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
      ...(request.accept === undefined ? {} : { accept: request.accept }),
    });
    return serviceAnswer(answer, { service, call, isWrite: request.method !== "GET" });
  }
}

function serviceAnswer(answer: HttpResponse, about: Pick<AnswerSource, "service" | "call" | "isWrite">): ServiceAnswer {
  const source = { ...about, status: answer.status, remoteRequestId: remoteRequestId(answer) };
  return { status: answer.status, fields: () => readJson(answer.body, source) };
}

function queryText(query: Query | undefined): string {
  const pairs = Object.entries(query ?? {}).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
  return pairs.length === 0 ? "" : `?${new URLSearchParams(pairs)}`;
}

/**
 * Parameters of the next page: from `servers_links` and its like (Nova, Cinder, Neutron), `links.next` (Keystone) or
 * `next` (Glance). Only the query is taken over: behind a proxy, services often write links that lead nowhere.
 */
function nextPage(fields: Fields): Query | undefined {
  const fromLinks = fields
    .keys()
    .filter((key) => key.endsWith("_links"))
    .flatMap((key) => fields.optionalList(key))
    .find((link) => link.optionalText("rel") === "next")
    ?.optionalText("href");
  const href = fromLinks ?? fields.optionalObject("links")?.optionalText("next") ?? fields.optionalText("next");
  if (!href) return undefined;
  return Object.fromEntries(new URL(href, "http://relative.invalid").searchParams);
}
