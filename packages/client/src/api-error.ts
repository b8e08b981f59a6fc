import { ERROR_CATALOGUE, type ErrorCode } from "@protector/contract";

/** What is known about a request that failed. */
export interface ApiFailure {
  /** Code of the catalogue without service type; undefined = this version does not know the code. */
  readonly code: ErrorCode | undefined;
  /** Code as it came, or the catalogue's when the client found the error itself. */
  readonly wireCode: string;
  /** HTTP status; undefined when no answer came. */
  readonly status: number | undefined;
  readonly title: string;
  readonly detail: string;
  /** Site that refused or did not answer, as people call it. */
  readonly site: string;
  /** `x-openstack-request-id` of the answer. */
  readonly requestId?: string | undefined;
  readonly operationId?: string | undefined;
  readonly fields?: readonly { readonly field: string; readonly problem: string }[] | undefined;
  /**
   * Set when the site gave no answer: `unreachable` = the request was certainly not sent, `interrupted` = it may have
   * had its effect.
   */
  readonly silence?: "unreachable" | "interrupted" | undefined;
}

/** A request to a site failed, or the client refused to send it. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly failure: ApiFailure;

  constructor(failure: ApiFailure, options?: { cause?: unknown }) {
    super(failure.detail, options);
    this.failure = failure;
  }

  get code(): ErrorCode | undefined {
    return this.failure.code;
  }

  get status(): number | undefined {
    return this.failure.status;
  }

  get site(): string {
    return this.failure.site;
  }

  get requestId(): string | undefined {
    return this.failure.requestId;
  }

  /** What to do about it; undefined for a code that this version does not know. */
  get help(): string | undefined {
    return this.code && ERROR_CATALOGUE[this.code].help;
  }

  /** Whether the site gave no answer at all. */
  get isSilence(): boolean {
    return this.failure.silence !== undefined;
  }
}

/** An error of the catalogue that the client finds itself. */
export function clientError(
  code: ErrorCode,
  site: string,
  detail: string,
  more: Partial<ApiFailure> & { readonly cause?: unknown } = {},
): ApiError {
  const { cause, ...facts } = more;
  const { status, title } = ERROR_CATALOGUE[code];
  return new ApiError(
    { code, wireCode: code, status, title, detail, site, ...facts },
    cause === undefined ? undefined : { cause },
  );
}

/** The words that the service-placement page promises for a change while the peer is away. */
export const PEER_UNREACHABLE_SENTENCE = "Cannot modify protection group - remote site unreachable";

/** Whether any of the causes of an error is that a site gave no answer. */
export function isUnreachable(error: unknown): boolean {
  return error instanceof ApiError && (error.isSilence || error.code === "peer.unreachable");
}

/**
 * Whether a site, or the client itself, refused with this code of the catalogue.
 * @example if (hasCode(error, "protection_group.name_exists")) ...
 */
export function hasCode<C extends ErrorCode>(error: unknown, code: C): error is ApiError & { readonly code: C } {
  return error instanceof ApiError && error.code === code;
}
