import { readFileSync } from "node:fs";
import { type Cloud, type CloudOptions, type CloudPorts, type Credential, connectCloud } from "@protector/openstack";
import type { TlsOptions } from "@protector/ports";
import type { Config } from "../config/index.ts";

type AuthConfig = Config["keystone_authtoken"];

/**
 * The service user's session with this site's cloud, as `[keystone_authtoken]` describes it; nothing is sent yet.
 * @param change what differs from it, e.g. another time limit.
 * @throws Error when address or secret are missing, or the file of authorities cannot be read.
 */
export function connectServiceSession(config: Config, ports: CloudPorts, change: Partial<CloudOptions> = {}): Cloud {
  return connectCloud({ ...serviceCloudOptions(config), ...change }, ports);
}

/** How the service user reaches this site's cloud. @throws Error as {@link connectServiceSession}. */
export function serviceCloudOptions(config: Config): CloudOptions {
  const auth = config.keystone_authtoken;
  return {
    authUrl: required(auth.auth_url, "auth_url"),
    credential: credentialOf(auth),
    interface: auth.interface,
    timeoutMs: auth.http_connect_timeout * 1000,
    tries: auth.http_request_max_retries + 1,
    tls: tlsOf(auth),
    ...(auth.region_name === undefined ? {} : { region: auth.region_name }),
  };
}

function credentialOf(auth: AuthConfig): Credential {
  if (auth.auth_type === "v3applicationcredential") {
    return {
      kind: "application_credential",
      id: required(auth.application_credential_id, "application_credential_id"),
      secret: required(auth.application_credential_secret, "application_credential_secret"),
    };
  }
  return {
    kind: "password",
    username: auth.username,
    password: required(auth.password, "password"),
    userDomainName: auth.user_domain_name,
    scope: { kind: "project", projectName: auth.project_name, projectDomainName: auth.project_domain_name },
  };
}

function tlsOf(auth: AuthConfig): TlsOptions {
  return {
    insecure: auth.insecure,
    ...(auth.cafile === undefined ? {} : { ca: readFileSync(auth.cafile, "utf8") }),
  };
}

function required(value: string | undefined, option: string): string {
  if (value === undefined) throw new Error(`[keystone_authtoken] ${option} is not set`);
  return value;
}
