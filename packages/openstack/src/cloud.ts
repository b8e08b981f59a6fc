import type { Clock, HttpTransport, Random, TlsOptions } from "@protector/ports";
import type { ComputeClient } from "./compute.ts";
import type { CatalogService, IdentityClient, Token } from "./identity.ts";
import type { ImageClient } from "./image.ts";
import type { LoadBalancerClient } from "./load-balancer.ts";
import type { NetworkClient } from "./network.ts";
import type { PlacementClient } from "./placement.ts";
import type { VolumeClient } from "./volume.ts";

/** How a session proves who it is (Keystone v3 authentication methods). */
export type Credential =
  | {
      readonly kind: "password";
      readonly username: string;
      readonly password: string;
      readonly userDomainName: string;
      /** In the place of the name. */
      readonly userDomainId?: string;
      /** Asks for the one-time password that Keystone wants beside it (multi-factor). */
      readonly passcode?: () => Promise<string>;
      readonly scope: Scope;
    }
  | {
      readonly kind: "password_by_id";
      readonly userId: string;
      readonly password: string;
      readonly passcode?: () => Promise<string>;
      readonly scope: Scope;
    }
  | {
      /** A one-time password alone. */
      readonly kind: "totp";
      /** By id, or by name within its domain. */
      readonly user: { readonly id: string } | { readonly name: string; readonly domain: Domain };
      readonly passcode: () => Promise<string>;
      readonly scope: Scope;
    }
  | {
      /** An OpenID Connect provider that Keystone trusts (OS-FEDERATION). */
      readonly kind: "oidc";
      readonly identityProvider: string;
      readonly protocol: string;
      /** Asks the provider; asked again when a token is needed later. */
      readonly accessToken: () => Promise<string>;
      readonly scope: Scope;
    }
  | { readonly kind: "token"; readonly token: string; readonly scope: Scope }
  | { readonly kind: "application_credential"; readonly id: string; readonly secret: string }
  | {
      readonly kind: "application_credential_by_name";
      readonly name: string;
      readonly secret: string;
      readonly username: string;
      readonly userDomainName: string;
      /** In the place of the name. */
      readonly userDomainId?: string;
    };

/** A domain of Keystone. */
export type Domain = { readonly id: string } | { readonly name: string };

/** What the token is for. */
export type Scope =
  | {
      readonly kind: "project";
      readonly projectName: string;
      readonly projectDomainName: string;
      /** In the place of the name. */
      readonly projectDomainId?: string;
    }
  | { readonly kind: "project_by_id"; readonly projectId: string }
  | { readonly kind: "trust"; readonly trustId: string }
  | { readonly kind: "system" }
  | { readonly kind: "unscoped" };

export interface CloudOptions {
  /** What people call the cloud: stands in the message of a call that gets no answer. */
  readonly name?: string;
  /** Keystone, with or without `/v3`. */
  readonly authUrl: string;
  readonly credential: Credential;
  /** Undefined = the only region of the catalog. */
  readonly region?: string;
  /** Default `public`. */
  readonly interface?: "public" | "internal" | "admin";
  readonly tls?: TlsOptions;
  /** One call's time limit in ms; default 60 000. */
  readonly timeoutMs?: number;
  /** Tries of a call whose failure is `retryable` and that had no effect (or is a read); default 3. */
  readonly tries?: number;
  /** Our request id (`req-<uuid>`), sent as `X-Openstack-Request-Id` on every call. */
  readonly requestId?: string;
  /** Where tokens outlive the session; default: nowhere. */
  readonly keep?: TokenKeep;
}

/** A token with what it says, and until when it is used. */
export interface KeptToken {
  readonly value: string;
  readonly content: Token;
  /** By our clock, ms since 1970. */
  readonly renewAt: number;
}

/** A place for one login's token. None of it may throw: a session goes on without. */
export interface TokenKeep {
  /** Asked before the first login. */
  load(): KeptToken | undefined;
  save(token: KeptToken): void;
  /** The kept token was refused. */
  forget(): void;
}

/** What a cloud session needs from outside. */
export interface CloudPorts {
  readonly transport: HttpTransport;
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * One authenticated session with one OpenStack cloud. The token is fetched with the first call, shared by all clients,
 * renewed shortly before it expires, and on a 401, after which the call is made again.
 */
export interface Cloud {
  readonly identity: IdentityClient;
  readonly compute: ComputeClient;
  readonly volume: VolumeClient;
  readonly network: NetworkClient;
  readonly image: ImageClient;
  readonly placement: PlacementClient;
  readonly loadBalancer: LoadBalancerClient;
  /** The session's own token value and content. */
  token(): Promise<{ readonly value: string; readonly content: Token }>;
  /** A service refused this token: the next call fetches another. */
  discardToken(value: string): void;
  catalog(): Promise<readonly CatalogService[]>;
  /** @throws OutsideError `needs_operator` when the catalog has no such endpoint; names type, region and interface. */
  endpoint(serviceType: string): Promise<string>;
  /** The same session under another request id. */
  withRequestId(requestId: string): Cloud;
}

/** Makes a session; nothing is sent before the first call. */
export type ConnectCloud = (options: CloudOptions, ports: CloudPorts) => Cloud;
