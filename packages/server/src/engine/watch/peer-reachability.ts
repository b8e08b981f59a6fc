import { HttpTransportError } from "@protector/ports";
import { listPeerSites, type SiteRow } from "../../db/repositories/sites.ts";
import type { EnginePorts } from "../engine-ports.ts";
import { forEachSubject } from "./rounds.ts";

/** ms that a peer has to answer. */
const TIME_LIMIT_MS = 3_000;

/** Looks whether each peer's Keystone and Protector answer, and writes down why not. */
export async function lookAtPeers(ports: EnginePorts): Promise<void> {
  const { connection } = ports;
  const peers = { watch: "peer-reachability", subjects: await listPeerSites(connection.db), nameOf: nameOfSite };
  await forEachSubject(ports, peers, async (site) => {
    const reason = await whyUnreachable(ports, site);
    const reachability = reason === undefined ? "reachable" : "unreachable";
    await connection.db
      .updateTable("sites")
      .set({
        reachability,
        ...(reachability === site.reachability ? {} : { reachability_since: connection.now() }),
        reachability_reason: reason ?? null,
        reachability_at: connection.now(),
      })
      .where("id", "=", site.id)
      .execute();
  });
}

function nameOfSite(site: SiteRow): string {
  return site.name;
}

async function whyUnreachable(ports: EnginePorts, site: SiteRow): Promise<string | undefined> {
  const keystone = `${site.auth_url.replace(/\/+$/, "").replace(/\/v3$/, "")}/v3`;
  const api = `${site.api_url.replace(/\/+$/, "")}/`;
  const reasons = await Promise.all([
    whySilent(ports, site, { name: "Keystone", url: keystone }),
    whySilent(ports, site, { name: "Protector", url: api, siteId: site.id }),
  ]);
  const found = reasons.filter((reason) => reason !== undefined);
  return found.length === 0 ? undefined : found.join("; ").slice(0, 1000);
}

/** Version documents are 200 or, where there are several versions, 300. */
async function whySilent(
  ports: EnginePorts,
  site: SiteRow,
  service: { readonly name: string; readonly url: string; readonly siteId?: string },
): Promise<string | undefined> {
  const { name, url, siteId } = service;
  try {
    const { status, body } = await ports.transport({
      method: "GET",
      url,
      headers: { accept: "application/json" },
      timeoutMs: TIME_LIMIT_MS,
      ...(site.ca_certificate ? { tls: { ca: site.ca_certificate } } : {}),
    });
    if (status !== 200 && status !== 300) return `${name} at ${url} answers HTTP ${status}`;
    const answering = siteId === undefined ? undefined : siteIdIn(body);
    return answering === siteId ? undefined : `${name} at ${url} is ${answering ?? "no Protector"}, not site ${siteId}`;
  } catch (error) {
    if (!(error instanceof HttpTransportError)) throw error;
    return `${name} at ${url} does not answer: ${error.message}`;
  }
}

/** The id that a Protector gives in its version document. */
function siteIdIn(body: string): string | undefined {
  try {
    return (JSON.parse(body) as { site?: { id?: string } }).site?.id;
  } catch {
    return undefined;
  }
}
