import { type HttpResponse, OutsideError } from "@protector/ports";
import { type AnswerSource, readJson } from "./answer.ts";
import { authRequest } from "./auth-request.ts";
import type { CloudOptions, CloudPorts, Credential, KeptToken, Scope } from "./cloud.ts";
import { remoteRequestId, Wire } from "./exchange.ts";
import type { Token } from "./identity.ts";
import { readToken } from "./token-content.ts";

/** A token is replaced when less than this is left of it, in ms: a call that starts now must still be accepted. */
const RENEW_BEFORE_MS = 60_000;
const DEFAULT_TIMEOUT_MS = 60_000;
const DEFAULT_TRIES = 3;
/** More than the second that Keystone's times are exact to. ms */
const REVOKED_TOGETHER_MS = 1_500;

/** A token as it was issued. */
export interface IssuedToken {
  readonly value: string;
  readonly content: Token;
}

/** One login, shared by all clients of a cloud and by all callers that come at the same time. */
export class Session {
  readonly options: CloudOptions;
  readonly wire: Wire;
  /** Keystone's root with `/v3`. */
  readonly identityUrl: string;
  readonly #ports: CloudPorts;
  readonly #remembered = new Map<string, Promise<unknown>>();
  #current: KeptToken | undefined;
  #isKeepAsked = false;
  /** The token that an earlier process left. */
  #kept: string | undefined;
  #login: Promise<IssuedToken> | undefined;
  /** ms since the UNIX epoch. */
  #loggedInAt = Number.NEGATIVE_INFINITY;

  constructor(options: CloudOptions, ports: CloudPorts) {
    this.options = options;
    this.#ports = ports;
    this.identityUrl = `${options.authUrl.replace(/\/+$/, "").replace(/\/v[23](\.0)?$/, "")}/v3`;
    this.wire = new Wire(ports, {
      tls: options.tls,
      timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
      tries: options.tries ?? DEFAULT_TRIES,
      place: options.name,
    });
  }

  /**
   * A token with time left.
   * @throws OutsideError (service `keystone`).
   */
  async token(requestId: string): Promise<IssuedToken> {
    if (!this.#isKeepAsked) {
      this.#isKeepAsked = true;
      this.#current ??= this.options.keep?.load();
      this.#kept = this.#current?.value;
    }
    if (this.#current && this.#ports.clock.now() < this.#current.renewAt) return this.#current;
    this.#login ??= this.#logIn(requestId).finally(() => {
      this.#login = undefined;
    });
    return this.#login;
  }

  /** A service refused this token: the next call gets a new one. A newer token is left alone. */
  discard(value: string): void {
    if (this.#current?.value !== value) return;
    this.#current = undefined;
    this.options.keep?.forget();
  }

  /**
   * As {@link discard}; a token that was issued a moment ago is replaced a moment later. Keystone revokes a user's tokens by
   * the time before which they were issued, and a Fernet token says that in whole seconds: one that is issued in the second of
   * a revocation may be revoked with the others.
   * Source: https://openstack-experimental.github.io/keystone/adr/0009-auth-token-revoke.html (`issued_before`)
   */
  async replace(value: string): Promise<void> {
    if (this.#current?.value === value && this.#ports.clock.now() - this.#loggedInAt < REVOKED_TOGETHER_MS) {
      await this.#ports.clock.sleep(REVOKED_TOGETHER_MS);
    }
    this.discard(value);
  }

  /** Whether an earlier process left this token: the catalog in it is as old as the token. */
  isKept(value: string): boolean {
    return this.#kept === value;
  }

  /** Asks once per session; a failed answer is asked for again. */
  remember<T>(key: string, ask: () => Promise<T>): Promise<T> {
    const known = this.#remembered.get(key);
    if (known) return known as Promise<T>;
    const asked = ask();
    this.#remembered.set(key, asked);
    asked.catch(() => this.#remembered.delete(key));
    return asked;
  }

  async #logIn(requestId: string): Promise<IssuedToken> {
    const { credential } = this.options;
    let token: IssuedToken | undefined;
    try {
      if (credential.kind === "token") token = await this.#asGiven(credential, requestId);
      token ??=
        credential.kind === "oidc"
          ? await this.#federated(credential, requestId)
          : await this.#issue(await authRequest(credential), requestId);
    } catch (error) {
      throw asLoginFailure(error, credential);
    }
    const { expiresAt, issuedAt } = token.content;
    // The life is taken from Keystone's two times, so that a clock that differs from ours does no harm.
    const lifeMs = Date.parse(expiresAt) - Date.parse(issuedAt);
    const now = this.#ports.clock.now();
    const endsAt = credential.kind === "token" ? Date.parse(expiresAt) : now + lifeMs;
    this.#current = { ...token, renewAt: endsAt - RENEW_BEFORE_MS };
    this.#loggedInAt = now;
    this.options.keep?.save(this.#current);
    return this.#current;
  }

  /** A given token is used itself when its scope is the one wanted: some clouds forbid to change a token's scope. */
  async #asGiven(credential: Credential & { kind: "token" }, requestId: string): Promise<IssuedToken | undefined> {
    const headers = {
      accept: "application/json",
      "x-auth-token": credential.token,
      "x-subject-token": credential.token,
      "x-openstack-request-id": requestId,
    };
    const exchange = { service: "keystone", call: "GET /auth/tokens", method: "GET", isRead: true } as const;
    const url = `${this.identityUrl}/auth/tokens`;
    const answer = await this.wire.exchange({ ...exchange, url, headers });
    const content = readToken(readJson(answer.body, source(exchange.call, answer)).object("token"));
    return hasScope(content, credential.scope) ? { value: credential.token, content } : undefined;
  }

  /**
   * The provider's access token gives a token without a scope, and that one a token with the scope.
   * Source: https://docs.openstack.org/api-ref/identity/v3-ext/#request-an-unscoped-os-federation-token
   */
  async #federated(credential: Credential & { kind: "oidc" }, requestId: string): Promise<IssuedToken> {
    const { identityProvider, protocol, scope } = credential;
    const [provider, method] = [identityProvider, protocol].map(encodeURIComponent);
    const unscoped = await this.#exchangeToken({
      call: "POST /OS-FEDERATION/identity_providers/{idp}/protocols/{protocol}/auth",
      path: `/OS-FEDERATION/identity_providers/${provider}/protocols/${method}/auth`,
      headers: { authorization: `Bearer ${await credential.accessToken()}` },
      requestId,
    });
    if (scope.kind === "unscoped") return unscoped;
    return this.#issue(await authRequest({ kind: "token", token: unscoped.value, scope }), requestId);
  }

  #issue(body: object, requestId: string): Promise<IssuedToken> {
    const call = "POST /auth/tokens";
    return this.#exchangeToken({ call, path: "/auth/tokens", headers: {}, body, requestId });
  }

  async #exchangeToken({ call, path, headers, body, requestId }: TokenRequest): Promise<IssuedToken> {
    const answer = await this.wire.exchange({
      service: "keystone",
      call,
      method: "POST",
      url: `${this.identityUrl}${path}`,
      headers: {
        accept: "application/json",
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        "x-openstack-request-id": requestId,
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      // A token more or less changes nothing: a login may be repeated.
      isRead: true,
    });
    const value = answer.headers["x-subject-token"];
    if (!value) {
      const detail = "the answer has no X-Subject-Token header: is this Keystone's address?";
      throw new OutsideError({ ...failureFacts(call, answer), detail, failureClass: "needs_operator", effect: "none" });
    }
    return { value, content: readToken(readJson(answer.body, source(call, answer)).object("token")) };
  }
}

interface TokenRequest {
  readonly call: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: object;
  readonly requestId: string;
}

function hasScope(token: Token, scope: Scope): boolean {
  switch (scope.kind) {
    case "project":
      return false;
    case "project_by_id":
      return token.projectId === scope.projectId;
    case "trust":
      return token.trustId === scope.trustId;
    case "system":
      return token.isSystemScoped;
    case "unscoped":
      return true;
  }
}

/** A login that is refused is a matter of configuration, whatever the status: a wrong path is 404, a lost trust 403 or 404. */
function asLoginFailure(error: unknown, credential: Credential): unknown {
  if (!(error instanceof OutsideError)) return error;
  const secret = secretOf(credential);
  const { failure } = error;
  return new OutsideError(
    {
      ...failure,
      detail: secret ? failure.detail.replaceAll(secret, "***") : failure.detail,
      failureClass: failure.failureClass === "final" ? "needs_operator" : failure.failureClass,
    },
    { cause: error.cause },
  );
}

function secretOf(credential: Credential): string {
  switch (credential.kind) {
    case "password":
    case "password_by_id":
      return credential.password;
    case "token":
      return credential.token;
    case "application_credential":
    case "application_credential_by_name":
      return credential.secret;
    case "totp":
    case "oidc":
      // A passcode counts once; an access token goes out in a header, of which no error tells.
      return "";
  }
}

function failureFacts(call: string, answer: HttpResponse) {
  return { service: "keystone", call, status: answer.status, remoteRequestId: remoteRequestId(answer) };
}

function source(call: string, answer: HttpResponse): AnswerSource {
  return { ...failureFacts(call, answer), isWrite: false };
}
