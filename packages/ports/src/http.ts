/** One outgoing HTTP request. Header names are lower case. */
export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Whole request, connection to last byte, in ms. */
  readonly timeoutMs: number;
  readonly tls?: TlsOptions;
  readonly signal?: AbortSignal;
  /** Asked with each address that the host name leads to, before a connection is made to it. */
  readonly isAddressAllowed?: (address: string) => boolean;
}

/** How a server's certificate is checked. */
export interface TlsOptions {
  /** PEM text of the authorities to trust instead of the system's. */
  readonly ca?: string;
  /** Accept any certificate. */
  readonly insecure?: boolean;
}

/** A whole answer. Header names are lower case. */
export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * Sends one request and returns the answer whatever its status; never follows redirects.
 * @throws HttpTransportError when no answer came.
 */
export type HttpTransport = (request: HttpRequest) => Promise<HttpResponse>;

/**
 * `unreachable`: the request was certainly not sent (name, route, refused connection, certificate).
 * `interrupted`: it may have had its effect (timeout, connection lost while waiting).
 */
export type TransportFault = "unreachable" | "interrupted";

/** No answer came. The message names method and address without query, never a header or body. */
export class HttpTransportError extends Error {
  override readonly name = "HttpTransportError";
  readonly fault: TransportFault;

  constructor(fault: TransportFault, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.fault = fault;
  }
}
