import type { SimulatedResponse } from "../../http/service.ts";
import { forbidden, policyForbids } from "./api-error.ts";
import type { JsonObject } from "./json.ts";

/** Whose token a call carries, as keystonemiddleware hands it on. */
export interface Caller {
  readonly tokenId: string;
  readonly userId: string;
  readonly userName: string;
  /** Undefined for system-scoped and unscoped tokens. */
  readonly projectId: string | undefined;
  readonly roles: readonly string[];
  /** Holds the role `admin`. */
  readonly isAdmin: boolean;
  /** Of an application credential; undefined = every call is allowed. */
  readonly accessRules?:
    | readonly { readonly service: string; readonly method: string; readonly path: string }[]
    | undefined;
}

/** One authenticated request inside a service. */
export interface Call {
  readonly method: string;
  /** Path with the service's own prefix and the project taken off, e.g. `/servers/detail`. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: JsonObject;
  readonly caller: Caller;
  /** Address of the service, for links. */
  readonly origin: string;
  /** Minor microversion: 93 for 2.93. */
  readonly version: number;
}

/** Anonymous caller of the routes that need no token. */
export const ANONYMOUS: Caller = {
  tokenId: "",
  userId: "",
  userName: "",
  projectId: undefined,
  roles: [],
  isAdmin: false,
};

export const ok = (body: unknown): SimulatedResponse => ({ status: 200, body });
export const created = (body: unknown): SimulatedResponse => ({ status: 201, body });
export const accepted = (body?: unknown): SimulatedResponse => ({ status: 202, body });
/** As webob answers where Cinder gives it no object. */
export const ACCEPTED_WITHOUT_BODY: SimulatedResponse = {
  status: 202,
  headers: { "content-type": "text/html; charset=UTF-8" },
};
export const noContent: SimulatedResponse = { status: 204 };

/** @throws ApiError 403 with Nova's and Cinder's text unless the caller is an administrator. */
export function requireAdmin(call: Call, rule: string): void {
  if (!call.caller.isAdmin) throw policyForbids(rule);
}

/** The project of a project-scoped token. @throws ApiError 403. */
export function projectOf(call: Call): string {
  if (call.caller.projectId === undefined) throw forbidden("The token is not scoped to a project.");
  return call.caller.projectId;
}

/** True when the caller may see an object of `projectId`. */
export const maySee = (call: Call, projectId: string): boolean =>
  call.caller.isAdmin || call.caller.projectId === projectId;

/** True for `1`, `true`, `yes`, `on` in any case. */
export const isTrue = (value: string | null | undefined): boolean => /^(1|true|yes|on|t|y)$/i.test(value ?? "");
