import type { Clock, Random } from "@protector/ports";
import { Router } from "../http/router.ts";
import type { SimulatedRequest, SimulatedResponse, SimulatedService } from "../http/service.ts";

/** A program that is known to an OpenID provider. */
export interface OpenIdClient {
  readonly id: string;
  /** Undefined: a public one, which only asks for devices. */
  readonly secret?: string;
  /** Whose token `client_credentials` gives. */
  readonly actsAs?: string;
}

export interface OpenIdOptions {
  readonly name: string;
  readonly origin: string;
  readonly clients: readonly OpenIdClient[];
  readonly clock: Clock;
  readonly random: Random;
}

interface DeviceLogin {
  readonly clientId: string;
  readonly userCode: string;
  readonly expiresAt: number;
  confirmedBy: string | undefined;
  lastAskedAt: number;
}

const DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code";
/** s */
const INTERVAL = 5;
const EXPIRES_IN = 600;

const refuse = (error: string, error_description: string, status = 400): SimulatedResponse => ({
  status,
  body: { error, error_description },
});

/**
 * An OpenID Connect provider: discovery, tokens for programs and for people at devices.
 * Source: OpenID Connect Discovery 1.0; RFC 6749 sections 4.4 and 5.2; RFC 8628.
 */
export class OpenIdProvider implements SimulatedService {
  readonly name: string;
  readonly origin: string;
  readonly #options: OpenIdOptions;
  readonly #router = new Router();
  readonly #subjects = new Map<string, string>();
  readonly #devices = new Map<string, DeviceLogin>();

  constructor(options: OpenIdOptions) {
    this.name = options.name;
    this.origin = options.origin;
    this.#options = options;
    this.#router
      .on("GET", "/.well-known/openid-configuration", () => ({
        status: 200,
        body: {
          issuer: this.origin,
          token_endpoint: `${this.origin}/token`,
          device_authorization_endpoint: `${this.origin}/device`,
        },
      }))
      .on("POST", "/token", (request) => this.#token(request))
      .on("POST", "/device", (request) => this.#device(request));
  }

  async handle(request: SimulatedRequest): Promise<SimulatedResponse> {
    const answer = (await this.#router.route(request)) ?? refuse("not_found", "no such path", 404);
    return { ...answer, headers: { "content-type": "application/json", "cache-control": "no-store" } };
  }

  /** User of an access token; undefined when it is none. */
  subjectOf(accessToken: string): string | undefined {
    return this.#subjects.get(accessToken);
  }

  /** What somebody does in a browser. @throws Error for a code that nobody has been given. */
  confirm(userCode: string, user: string): void {
    const login = this.#devices.values().find((each) => each.userCode === userCode);
    if (!login) throw new Error(`no device login has the code ${userCode}`);
    login.confirmedBy = user;
  }

  #token(request: SimulatedRequest): SimulatedResponse {
    const form = new URLSearchParams(request.body);
    const client = this.#clientOf(request, form);
    if (!client) return refuse("invalid_client", "the client is not known, or its secret is wrong", 401);
    if (form.get("grant_type") === DEVICE_GRANT) return this.#deviceToken(client, form.get("device_code") ?? "");
    if (form.get("grant_type") !== "client_credentials")
      return refuse("unsupported_grant_type", "only client_credentials and device_code are offered");
    if (client.actsAs === undefined) return refuse("unauthorized_client", "the client has no service account");
    return this.#issue(client.actsAs);
  }

  #clientOf({ headers }: SimulatedRequest, form: URLSearchParams): OpenIdClient | undefined {
    const [, basic = ""] = /^Basic (.+)$/.exec(headers.authorization ?? "") ?? [];
    const [id = "", secret] = basic ? atob(basic).split(":") : [form.get("client_id") ?? ""];
    return this.#options.clients.find((client) => client.id === id && client.secret === secret);
  }

  #device(request: SimulatedRequest): SimulatedResponse {
    const form = new URLSearchParams(request.body);
    const client = this.#clientOf(request, form);
    if (!client) return refuse("invalid_client", "the client is not known, or its secret is wrong", 401);
    const { clock, random } = this.#options;
    const code = random.uuid();
    const userCode = random.uuid().slice(0, 8).toUpperCase();
    const expiresAt = clock.now() + EXPIRES_IN * 1000;
    this.#devices.set(code, { clientId: client.id, userCode, expiresAt, confirmedBy: undefined, lastAskedAt: 0 });
    const body = {
      device_code: code,
      user_code: userCode,
      verification_uri: `${this.origin}/go`,
      expires_in: EXPIRES_IN,
      interval: INTERVAL,
    };
    return { status: 200, body };
  }

  #deviceToken({ id }: OpenIdClient, code: string): SimulatedResponse {
    const login = this.#devices.get(code);
    const now = this.#options.clock.now();
    if (login?.clientId !== id) return refuse("invalid_grant", "the device code is not known");
    if (login.expiresAt <= now) return refuse("expired_token", "the device code has expired");
    const isTooSoon = now - login.lastAskedAt < INTERVAL * 1000;
    login.lastAskedAt = now;
    if (isTooSoon) return refuse("slow_down", "asked too often");
    if (login.confirmedBy === undefined) return refuse("authorization_pending", "nobody has confirmed the code yet");
    this.#devices.delete(code);
    return this.#issue(login.confirmedBy);
  }

  #issue(subject: string): SimulatedResponse {
    const token = Buffer.from(this.#options.random.bytes(32)).toString("base64url");
    this.#subjects.set(token, subject);
    return { status: 200, body: { access_token: token, token_type: "Bearer", expires_in: 3600 } };
  }
}
