import {
  type HttpRequest,
  type HttpTransport,
  HttpTransportError,
  seededRandom,
  type TransportFault,
  VirtualClock,
} from "@protector/ports";
import type { Cloud, CloudOptions } from "../cloud.ts";
import { connectCloud } from "../connect-cloud.ts";

/** One scripted answer; `fault` stands for none. */
export interface Scripted {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly fault?: TransportFault;
}

/** Answers per `METHOD url`, used up in order; the last one is repeated. */
export type Script = Readonly<Record<string, Scripted | readonly Scripted[]>>;

/** A cloud whose services say what a script says, with everything that was sent to them. */
export interface ScriptedCloud {
  readonly cloud: Cloud;
  readonly clock: VirtualClock;
  readonly sent: readonly HttpRequest[];
  /** Lets virtual time pass until the call is done. */
  run<T>(call: Promise<T>): Promise<T>;
  /** Requests with this method and URL. */
  sentTo(call: string): readonly HttpRequest[];
}

export const START = Date.parse("2026-11-22T12:00:00Z");
export const REQUEST_ID = "req-5b1a2c3d-0000-4000-8000-000000000001";

const OPTIONS: CloudOptions = {
  authUrl: "http://controller:5000/",
  credential: {
    kind: "password",
    username: "protector",
    password: "s3cret-password",
    userDomainName: "Default",
    scope: { kind: "project", projectName: "service", projectDomainName: "Default" },
  },
  requestId: REQUEST_ID,
};

/** The `token` object as Keystone Zed issues it, for a project, with a catalog. */
export function tokenBody(change: Readonly<Record<string, unknown>> = {}): { readonly token: object } {
  const endpoint = (url: string) => ({
    id: "e1",
    interface: "public",
    region: "RegionOne",
    region_id: "RegionOne",
    url,
  });
  const service = (type: string, name: string, url: string) => ({ id: name, type, name, endpoints: [endpoint(url)] });
  return {
    token: {
      methods: ["password"],
      user: {
        domain: { id: "default", name: "Default" },
        id: "u-1",
        name: "protector",
        password_expires_at: null,
      },
      audit_ids: ["mAjXQhiYRyKwkB4qygdLVg"],
      expires_at: "2026-11-22T13:00:00.000000Z",
      issued_at: "2026-11-22T12:00:00.000000Z",
      project: { domain: { id: "default", name: "Default" }, id: "p-1", name: "service" },
      is_domain: false,
      roles: [{ id: "r-1", name: "admin" }],
      catalog: [
        service("compute", "nova", "http://controller:8774/v2.1"),
        service("volumev3", "cinderv3", "http://controller:8776/v3/p-1"),
        service("network", "neutron", "http://controller:9696"),
        service("image", "glance", "http://controller:9292"),
        service("identity", "keystone", "http://controller:5000"),
      ],
      ...change,
    },
  };
}

export const LOGIN = "POST http://controller:5000/v3/auth/tokens";

/** Keystone's, Nova's and Cinder's answers that every call needs first. */
export const BASICS: Script = {
  [LOGIN]: { status: 201, headers: { "x-subject-token": "token-1" }, body: tokenBody() },
  "GET http://controller:8774/v2.1/": {
    body: { version: { id: "v2.1", status: "CURRENT", version: "2.93", min_version: "2.1", links: [] } },
  },
  "GET http://controller:8776/v3/": {
    body: { versions: [{ id: "v3.0", status: "CURRENT", version: "3.70", min_version: "3.0", links: [] }] },
  },
};

/** A cloud that answers by `script` (over {@link BASICS}); an unscripted call fails the test. */
export function scriptedCloud(script: Script, options: Partial<CloudOptions> = {}): ScriptedCloud {
  const clock = new VirtualClock(START);
  const sent: HttpRequest[] = [];
  const left = new Map(
    Object.entries({ ...BASICS, ...script }).map(([call, answers]) => [call, [answers].flat() as Scripted[]]),
  );
  const transport: HttpTransport = async (request) => {
    sent.push(request);
    const call = `${request.method} ${request.url}`;
    const answers = left.get(call);
    const answer = answers && answers.length > 1 ? answers.shift() : answers?.[0];
    if (!answer) throw new Error(`not scripted: ${call}`);
    if (answer.fault) throw new HttpTransportError(answer.fault, `${call}: scripted`);
    const body = typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body ?? "");
    return { status: answer.status ?? 200, headers: answer.headers ?? {}, body };
  };
  const cloud = connectCloud({ ...OPTIONS, ...options }, { transport, clock, random: seededRandom(1) });
  return {
    cloud,
    clock,
    sent,
    run: (call) => clock.run(call),
    sentTo: (call) => sent.filter((request) => `${request.method} ${request.url}` === call),
  };
}

/** The body of the one request to `call`. */
export function bodyOf(scripted: ScriptedCloud, call: string): unknown {
  return JSON.parse(scripted.sentTo(call)[0]?.body ?? "null");
}
