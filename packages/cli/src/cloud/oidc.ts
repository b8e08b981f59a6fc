import { type Clock, type HttpTransport, HttpTransportError, OutsideError, type TlsOptions } from "@protector/ports";

/** A login at an OpenID Connect provider, as keystoneauth's plugins name its parts. */
export interface OidcRequest {
  readonly flow: "client_credentials" | "device";
  /** Cloud that it is for, as people call it. */
  readonly cloud: string;
  readonly clientId: string;
  readonly clientSecret: string | undefined;
  readonly scope: string;
  /** One of this and the endpoints has to be given. */
  readonly discoveryEndpoint: string | undefined;
  readonly accessTokenEndpoint: string | undefined;
  readonly deviceEndpoint: string | undefined;
}

export interface OidcPorts {
  readonly transport: HttpTransport;
  readonly clock: Clock;
  readonly tls?: TlsOptions | undefined;
  /** Tells people where to go. */
  readonly tell: (text: string) => void;
  readonly interrupt?: AbortSignal | undefined;
}

const TIMEOUT_MS = 30_000;
/** When the provider names no pause between two questions. s */
const DEFAULT_INTERVAL = 5;
const DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code";

const OPENID = { service: "openid", remoteRequestId: undefined, effect: "none" } as const;

type Fields = Readonly<Record<string, unknown>>;

/**
 * An access token of the provider.
 * Source: RFC 6749 section 4.4, RFC 8628.
 * @throws OutsideError that says what the provider refuses or the cloud's entry lacks.
 */
export async function accessTokenOf(request: OidcRequest, ports: OidcPorts): Promise<string> {
  const wire = new Provider(request, ports);
  const found = request.discoveryEndpoint === undefined ? {} : await wire.get(request.discoveryEndpoint);
  const endpoint = endpointOf(request, "accessTokenEndpoint", found.token_endpoint);
  if (request.flow === "client_credentials") {
    const answer = await wire.post(endpoint, { grant_type: "client_credentials", scope: request.scope });
    return textOf(request, answer, "access_token");
  }
  const device = endpointOf(request, "deviceEndpoint", found.device_authorization_endpoint);
  return new DeviceLogin(request, ports, wire).run(device, endpoint);
}

/** Shows a code, and asks until somebody has confirmed it in a browser. */
class DeviceLogin {
  readonly #request: OidcRequest;
  readonly #ports: OidcPorts;
  readonly #wire: Provider;

  constructor(request: OidcRequest, ports: OidcPorts, wire: Provider) {
    this.#request = request;
    this.#ports = ports;
    this.#wire = wire;
  }

  async run(device: string, endpoint: string): Promise<string> {
    const { clientId, cloud, scope } = this.#request;
    const { clock, interrupt, tell } = this.#ports;
    const asked = await this.#wire.post(device, { client_id: clientId, scope });
    const code = textOf(this.#request, asked, "device_code");
    const address = asked.verification_uri_complete ?? textOf(this.#request, asked, "verification_uri");
    tell(`To log in at ${cloud}, open ${address} and confirm the code ${textOf(this.#request, asked, "user_code")}.`);
    const until = clock.now() + Number(asked.expires_in ?? 600) * 1000;
    let pause = Number(asked.interval ?? DEFAULT_INTERVAL);
    while (clock.now() < until) {
      await clock.sleep(pause * 1000, interrupt);
      const answer = await this.#wire.post(endpoint, {
        grant_type: DEVICE_GRANT,
        device_code: code,
        client_id: clientId,
      });
      if (answer.error === undefined) return textOf(this.#request, answer, "access_token");
      if (answer.error === "slow_down") pause += DEFAULT_INTERVAL;
      else if (answer.error !== "authorization_pending") throw refused(this.#request, answer);
    }
    throw loginFailure("device login", "nobody has confirmed the code in time; run the command again");
  }
}

class Provider {
  readonly #request: OidcRequest;
  readonly #ports: OidcPorts;

  constructor(request: OidcRequest, ports: OidcPorts) {
    this.#request = request;
    this.#ports = ports;
  }

  get(url: string): Promise<Fields> {
    return this.#send(url, { method: "GET" });
  }

  /** An answer with `error` is thrown unless it is one that a device login waits through. */
  async post(url: string, form: Readonly<Record<string, string>>): Promise<Fields> {
    const { clientId, clientSecret } = this.#request;
    const basic = clientSecret === undefined ? undefined : `Basic ${btoa(`${clientId}:${clientSecret}`)}`;
    const answer = await this.#send(url, { method: "POST", body: String(new URLSearchParams(form)), basic });
    if (answer.error !== undefined && form.grant_type !== DEVICE_GRANT) throw refused(this.#request, answer);
    return answer;
  }

  async #send(
    url: string,
    { method, body, basic }: { readonly method: string; readonly body?: string; readonly basic?: string | undefined },
  ): Promise<Fields> {
    const { transport, tls } = this.#ports;
    const sent = transport({
      method,
      url,
      timeoutMs: TIMEOUT_MS,
      headers: {
        accept: "application/json",
        ...(body === undefined ? {} : { "content-type": "application/x-www-form-urlencoded" }),
        ...(basic === undefined ? {} : { authorization: basic }),
      },
      ...(body === undefined ? {} : { body }),
      ...(tls === undefined ? {} : { tls }),
    });
    const answer = await sent.catch((error: unknown) => {
      throw error instanceof HttpTransportError ? silence(`${method} ${url}`, error) : error;
    });
    try {
      const fields = JSON.parse(answer.body) as Fields | null;
      if (fields !== null && typeof fields === "object") return fields;
    } catch {
      // Told below.
    }
    throw loginFailure(`${method} ${url}`, "the answer is not JSON: is it the endpoint of an OpenID provider?");
  }
}

function endpointOf(
  request: OidcRequest,
  which: "accessTokenEndpoint" | "deviceEndpoint",
  discovered: unknown,
): string {
  const endpoint = request[which] ?? discovered;
  if (typeof endpoint === "string") return endpoint;
  const key = which === "deviceEndpoint" ? "device_authorization_endpoint" : "access_token_endpoint";
  throw loginFailure("discovery", `cloud "${request.cloud}" names no ${key}, and no discovery_endpoint that tells it`);
}

function textOf({ cloud }: OidcRequest, answer: Fields, key: string): string {
  const value = answer[key];
  if (typeof value === "string") return value;
  throw loginFailure("token endpoint", `the answer of the provider of cloud "${cloud}" has no ${key}`);
}

function refused({ cloud }: OidcRequest, { error, error_description }: Fields): OutsideError {
  const why = error_description ? `: ${error_description}` : "";
  return loginFailure("token endpoint", `the provider of cloud "${cloud}" refuses the login (${error}${why})`);
}

/** What a person has to put right; counts as a refused login. */
export function loginFailure(call: string, detail: string): OutsideError {
  return new OutsideError({ ...OPENID, call, status: 401, detail, failureClass: "needs_operator" });
}

function silence(call: string, cause: HttpTransportError): OutsideError {
  return new OutsideError(
    { ...OPENID, call, status: undefined, detail: cause.message, failureClass: "retryable" },
    { cause },
  );
}
