import type { HttpRequest, HttpResponse, HttpTransport } from "@protector/ports";
import type { Json, RecordedCall } from "./recording.ts";
import { scrub, scrubText } from "./scrub.ts";

/** What is being done while calls are recorded. */
export interface Occasion {
  readonly step: string;
  readonly caller: string;
  readonly client: string;
}

/** A call with the service that it went to. */
export interface Exchange extends RecordedCall {
  readonly service: string;
}

/** Headers that tell a client something. */
const TELLING = [
  "content-type",
  "location",
  "openstack-api-version",
  "retry-after",
  "vary",
  "www-authenticate",
  "x-compute-request-id",
  "x-openstack-nova-api-version",
  "x-openstack-request-id",
  "x-subject-token",
];

/** Service by the first thing that tells it: its port, or its name or type in the address behind a proxy. */
const SERVICES: readonly (readonly [RegExp, string])[] = [
  [/^https?:\/\/[^/]+:5000\b|\/identity\b|\/\/[^/]*(keystone|identity)/, "keystone"],
  [/^https?:\/\/[^/]+:8774\b|\/compute\b|\/\/[^/]*(nova|compute)/, "nova"],
  [/^https?:\/\/[^/]+:8776\b|\/volume\b|\/\/[^/]*(cinder|volume)/, "cinder"],
  [/^https?:\/\/[^/]+:9696\b|\/networking?\b|\/\/[^/]*(neutron|network)/, "neutron"],
  [/^https?:\/\/[^/]+:9292\b|\/image\b|\/\/[^/]*(glance|image)/, "glance"],
  [/^https?:\/\/[^/]+:8778\b|\/placement\b|\/\/[^/]*placement/, "placement"],
];

/** Passes calls on, and keeps those that are made on an occasion. */
export class RecordingTransport {
  readonly exchanges: Exchange[] = [];
  readonly #transport: HttpTransport;
  #occasion: Occasion | undefined;

  constructor(transport: HttpTransport) {
    this.#transport = transport;
  }

  /** Keeps calls from now on; undefined ends it. */
  set occasion(occasion: Occasion | undefined) {
    this.#occasion = occasion;
  }

  readonly send: HttpTransport = async (request) => {
    const occasion = this.#occasion;
    const answer = await this.#transport(request);
    if (occasion) this.exchanges.push(exchangeOf(occasion, request, answer));
    return answer;
  };
}

function exchangeOf(occasion: Occasion, request: HttpRequest, answer: HttpResponse): Exchange {
  const url = new URL(request.url);
  const headers = TELLING.flatMap((name) => {
    const value = answer.headers[name];
    return value === undefined ? [] : [[name, headerText(name, value)] as const];
  });
  return {
    service: serviceOf(request.url),
    ...occasion,
    method: request.method,
    path: pathOf(url),
    query: Object.fromEntries([...url.searchParams].map(([name, value]) => [name, scrubText(value)] as const)),
    microversion: request.headers["openstack-api-version"] ?? null,
    request: jsonOf(request.body ?? ""),
    status: answer.status,
    headers: Object.fromEntries(headers),
    body: jsonOf(answer.body),
  };
}

function headerText(name: string, value: string): string {
  return name === "location" ? "<address>" : scrubText(value);
}

/** Also used to sort steps: `GET /servers/{id}`. */
function pathOf(url: URL): string {
  const scrubbed = scrubText(decodeURIComponent(url.pathname));
  return scrubbed.replace(/^\/(?:identity|compute|volume|networking|image|placement)(?=\/)/, "");
}

function serviceOf(url: string): string {
  const service = SERVICES.find(([form]) => form.test(url))?.[1];
  if (service === undefined) throw new Error(`which service is ${new URL(url).origin}?`);
  return service;
}

function jsonOf(text: string): Json {
  if (text === "") return null;
  try {
    return scrub(JSON.parse(text));
  } catch {
    return scrubText(text);
  }
}
