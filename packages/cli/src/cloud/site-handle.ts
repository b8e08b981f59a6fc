import { SiteClient } from "@protector/client";
import { type Cloud, connectCloud, type TokenKeep } from "@protector/openstack";
import type { TlsOptions } from "@protector/ports";
import { UsageError } from "../exit-codes.ts";
import type { CliHost } from "../host.ts";
import type { CloudEntry } from "./cloud-entry.ts";
import { credentialOf, type LoginQuestions } from "./credential.ts";
import { accessTokenOf, loginFailure } from "./oidc.ts";

/** One site as the command works with it. */
export interface SiteHandle {
  readonly entry: CloudEntry;
  readonly authUrl: string;
  readonly client: SiteClient;
  /** The site's OpenStack, to find people's names for things. */
  readonly cloud: Cloud;
  /** PEM. */
  readonly caCertificate: string | undefined;
}

type Ports = Pick<CliHost, "transport" | "clock" | "random" | "readFile" | "ask" | "stderr" | "interrupt">;

export interface OpenRequest {
  readonly entry: CloudEntry;
  readonly globalRequestId: string;
  /** Where its token is kept; default: nowhere. */
  readonly keep?: TokenKeep | undefined;
}

/**
 * Opens a site; nothing is sent before the first call.
 * @throws UsageError when the entry lacks something.
 */
export function openSite({ entry, globalRequestId, keep }: OpenRequest, host: Ports): SiteHandle {
  const authUrl = entry.auth.auth_url;
  if (!authUrl) {
    const why = entry.profile ? `, and there is no profile "${entry.profile}" in clouds-public.yaml` : "";
    throw new UsageError(`Cloud "${entry.name}" lacks auth_url in its auth section${why}.`);
  }
  const caCertificate = entry.caFile === undefined ? undefined : readCa(entry, host);
  const tls = tlsOf(entry, caCertificate);
  const ports = { transport: host.transport, clock: host.clock, random: host.random };
  const cloud = connectCloud(
    {
      authUrl,
      credential: credentialOf(entry, questionsOf(host, tls)),
      interface: entry.interface,
      requestId: globalRequestId,
      timeoutMs: 30_000,
      ...(entry.region === undefined ? {} : { region: entry.region }),
      ...(tls === undefined ? {} : { tls }),
      ...(keep === undefined ? {} : { keep }),
    },
    ports,
  );
  const session = {
    name: entry.name,
    token: async () => {
      const { value, content } = await cloud.token();
      return { value, projectId: content.projectId };
    },
    discardToken: (value: string) => cloud.discardToken(value),
    endpoint: async () => entry.endpoint ?? (await cloud.endpoint("protector")),
  };
  const client = new SiteClient({ session, ports, globalRequestId, ...(tls === undefined ? {} : { tls }) });
  return { entry, authUrl, client, cloud, caCertificate };
}

/** How certificates of a site are checked; undefined = as the system does. */
export function tlsOf(entry: CloudEntry, caCertificate: string | undefined): TlsOptions | undefined {
  if (caCertificate === undefined && !entry.isInsecure) return undefined;
  return { ...(caCertificate === undefined ? {} : { ca: caCertificate }), insecure: entry.isInsecure };
}

function questionsOf(host: Ports, tls: TlsOptions | undefined): LoginQuestions {
  const { transport, clock, interrupt } = host;
  return {
    passcode: async (cloud) => {
      if (!host.ask)
        throw loginFailure("one-time password", `cloud "${cloud}" wants one and nobody can be asked: set OS_PASSCODE`);
      return (await host.ask(`One-time password for ${cloud}: `)).trim();
    },
    accessToken: (request) =>
      accessTokenOf(request, { transport, clock, tls, interrupt, tell: (text) => host.stderr.write(`${text}\n`) }),
  };
}

function readCa(entry: CloudEntry, host: Ports): string {
  const path = entry.caFile ?? "";
  const text = host.readFile(path);
  if (text === undefined) throw new UsageError(`Cloud "${entry.name}": the file of cacert, ${path}, cannot be read.`);
  return text;
}
