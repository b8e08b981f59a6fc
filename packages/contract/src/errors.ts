import { ERROR_CATALOGUE, type ErrorCode } from "./error-catalogue.ts";
import { SERVICE_TYPE } from "./microversions.ts";
import type { ErrorItem } from "./resources/errors.ts";

/** Where the help links of errors lead, from the root of the service: `GET /errors` gives the whole catalogue. */
export const ERROR_HELP_PATH = "/errors";

/** The catalogue as `GET /errors` gives it. */
export function errorCatalogue(): { code: string; status: number; title: string; help: string }[] {
  return Object.entries(ERROR_CATALOGUE).map(([code, entry]) => ({ code: wireCode(code as ErrorCode), ...entry }));
}

/** The code as it stands on the wire. */
export function wireCode(code: ErrorCode): string {
  return `${SERVICE_TYPE}.${code}`;
}

/** The catalogue's code of a code on the wire; undefined when this version does not know it. */
export function codeOfWire(wire: string): ErrorCode | undefined {
  const code = wire.startsWith(`${SERVICE_TYPE}.`) ? wire.slice(SERVICE_TYPE.length + 1) : wire;
  return code in ERROR_CATALOGUE ? (code as ErrorCode) : undefined;
}

/** Facts that belong to one occurrence of an error. */
export interface ErrorFacts {
  readonly operation_id?: string;
  readonly step?: string;
  /** Site that gave no answer. */
  readonly site_id?: string;
  readonly fields?: readonly { readonly field: string; readonly problem: string }[];
}

/** An error of the catalogue. The message says what was wrong with this occurrence, where, and names the object. */
export class ProtectorError extends Error {
  override readonly name = "ProtectorError";
  readonly code: ErrorCode;
  readonly facts: ErrorFacts;

  constructor(code: ErrorCode, detail: string, options: { cause?: unknown; facts?: ErrorFacts } = {}) {
    super(detail, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.facts = options.facts ?? {};
  }

  get status(): number {
    return ERROR_CATALOGUE[this.code].status;
  }
}

/** An error as data, for a response body or for a row of the database. */
export function toErrorItem(error: ProtectorError, requestId?: string): ErrorItem {
  const entry = ERROR_CATALOGUE[error.code];
  const { fields, ...facts } = error.facts;
  return {
    ...(requestId === undefined ? {} : { request_id: requestId }),
    code: wireCode(error.code),
    status: entry.status,
    title: entry.title,
    detail: error.message,
    links: [{ rel: "help", href: `${ERROR_HELP_PATH}#${wireCode(error.code)}` }],
    ...facts,
    ...(fields ? { fields: [...fields] } : {}),
  };
}
