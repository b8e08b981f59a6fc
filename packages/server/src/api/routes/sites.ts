import { type CreateSite, ProtectorError, type UpdateSite } from "@protector/contract";
import { flag, readJson, writeJson, writeTime } from "../../db/codecs.ts";
import { listEngineServices } from "../../db/repositories/engine-services.ts";
import { deleteSite, findSite, insertSite, listSites, type SiteRow, updateSite } from "../../db/repositories/sites.ts";
import { type Db, inTransaction } from "../../db/transaction.ts";
import { audit } from "../audit.ts";
import { type Call, type Handlers, listOf } from "../handler.ts";
import { pageOf } from "../listing/links.ts";
import type { ApiPorts } from "../ports.ts";
import { engineServiceView, siteSummaryView, siteView } from "../views/site.ts";

type Names =
  | "site_summaries.index"
  | "sites.index"
  | "sites.create"
  | "sites.show"
  | "sites.update"
  | "sites.delete"
  | "sites.validate"
  | "sites.volume_types"
  | "services.index";

/** An engine that was not seen for this long is down, ms. */
const ENGINE_ALIVE_MS = 60_000;

export function siteHandlers(ports: ApiPorts): Handlers<Names> {
  const { database, clock } = ports;
  const show = async (id: string) => ({ site: siteView(await requireSite(database.db, id)) });
  return {
    "site_summaries.index": async (call) => {
      const { items, next, links, header } = await pageOf(
        { ...call, list: listOf(call) },
        (request) => listSites(database.db, request),
        siteSummaryView,
      );
      return { body: { sites: items, ...(next.length > 0 ? { sites_links: next } : {}), links }, link: header };
    },
    "sites.index": async (call) => {
      const { items, next, links, header } = await pageOf(
        { ...call, list: listOf(call) },
        (request) => listSites(database.db, request),
        siteView,
      );
      return { body: { sites: items, ...(next.length > 0 ? { sites_links: next } : {}), links }, link: header };
    },
    "sites.create": async (call) => {
      const wanted = call.body.site;
      if (wanted.id === ports.identity.siteId) await describeLocal(ports, call);
      else await registerPeer(ports, call);
      return { body: await show(wanted.id), location: `/v1/admin/sites/${wanted.id}` };
    },
    "sites.show": async ({ path }) => ({ body: await show(path.id) }),
    "sites.update": async (call) => {
      await changeSite(ports, { call, id: call.path.id, wanted: call.body.site, action: "sites.update" });
      return { body: await show(call.path.id) };
    },
    "sites.delete": async (call) => {
      await forgetSite(ports, call);
      return { body: undefined };
    },
    "sites.validate": async ({ path }) => {
      const site = await requireSite(database.db, path.id);
      const asked = { validation_requested_at: writeTime(clock.now()) };
      await updateSite(database.db, site.id, {
        ...asked,
        validation: writeJson({ ...readJson(site.validation), status: "requested" }),
      });
      return { body: await show(path.id) };
    },
    "sites.volume_types": async ({ path }) => {
      const site = await requireSite(database.db, path.id);
      return { body: { volume_types: [...readJson(site.volume_types)] } };
    },
    "services.index": async () => ({
      body: { services: (await listEngineServices(database, ENGINE_ALIVE_MS)).map(engineServiceView) },
    }),
  };
}

async function requireSite(db: Db, id: string): Promise<SiteRow> {
  const site = await findSite(db, id);
  if (!site) throw new ProtectorError("site.not_found", `There is no site ${id}.`);
  return site;
}

/** This site has its keys from `db sync`; registering its id says how it is reached. */
async function describeLocal(ports: ApiPorts, call: Call<"sites.create">): Promise<void> {
  const { id, signing_public_key, sealing_public_key, ...wanted } = call.body.site;
  const { identity } = ports;
  if (signing_public_key !== identity.signingPublicKey || sealing_public_key !== identity.sealingPublicKey) {
    throw new ProtectorError("sync.untrusted", `Site ${id} is this site, and its keys are not those given.`);
  }
  await changeSite(ports, { call, id, wanted, action: "sites.create" });
}

async function registerPeer(ports: ApiPorts, call: Call<"sites.create">): Promise<void> {
  const { database, clock } = ports;
  const wanted: CreateSite = call.body.site;
  await inTransaction(database.db, async (transaction) => {
    const now = writeTime(clock.now());
    await insertSite(transaction, {
      id: wanted.id,
      name: wanted.name,
      description: wanted.description ?? "",
      is_local: flag(false),
      auth_url: wanted.auth_url,
      region: wanted.region ?? null,
      interface: wanted.interface ?? "public",
      api_url: wanted.api_url.replace(/\/+$/, ""),
      username: wanted.username ?? null,
      user_domain_name: wanted.user_domain_name ?? null,
      project_name: wanted.project_name ?? null,
      project_domain_name: wanted.project_domain_name ?? null,
      ca_certificate: wanted.ca_certificate ?? null,
      password_secret_id: await keepPassword(ports, transaction, wanted.password),
      signing_public_key: wanted.signing_public_key,
      sealing_public_key: wanted.sealing_public_key,
      private_keys_secret_id: null,
      reachability: "unknown",
      reachability_reason: null,
      reachability_at: null,
      reachability_since: null,
      validation: writeJson({ status: "never", checked_at: null, checks: [] }),
      validation_requested_at: null,
      volume_types: writeJson([]),
      created_at: now,
      updated_at: now,
    });
    await auditSite(ports, transaction, { call, id: wanted.id, wanted, action: "sites.create" });
  });
}

interface SiteChange {
  readonly call: Call<"sites.create"> | Call<"sites.update"> | Call<"sites.delete">;
  readonly id: string;
  readonly wanted: UpdateSite;
  readonly action: string;
}

function changeSite(ports: ApiPorts, change: SiteChange): Promise<void> {
  const { database, clock, secrets } = ports;
  const { password, api_url, ...rest } = change.wanted;
  return inTransaction(database.db, async (transaction) => {
    const site = await requireSite(transaction, change.id);
    const password_secret_id = await keepPassword(ports, transaction, password);
    await updateSite(transaction, site.id, {
      ...rest,
      ...(api_url === undefined ? {} : { api_url: api_url.replace(/\/+$/, "") }),
      ...(password_secret_id === null ? {} : { password_secret_id }),
      updated_at: writeTime(clock.now()),
    });
    if (password_secret_id !== null && site.password_secret_id !== null) {
      await secrets.remove(transaction, site.password_secret_id);
    }
    await auditSite(ports, transaction, change);
  });
}

function forgetSite(ports: ApiPorts, call: Call<"sites.delete">): Promise<void> {
  return inTransaction(ports.database.db, async (transaction) => {
    const site = await requireSite(transaction, call.path.id);
    if (site.is_local === 1) throw new ProtectorError("site.in_use", `Site "${site.name}" is this site.`);
    await deleteSite(transaction, site);
    if (site.password_secret_id !== null) await ports.secrets.remove(transaction, site.password_secret_id);
    await auditSite(ports, transaction, { call, id: site.id, wanted: { name: site.name }, action: "sites.delete" });
  });
}

async function keepPassword(
  { secrets, clock }: ApiPorts,
  db: Db,
  password: string | undefined,
): Promise<string | null> {
  return password === undefined ? null : secrets.put(db, { purpose: "site_password", text: password }, clock.now());
}

function auditSite(ports: ApiPorts, db: Db, { call, id, wanted, action }: SiteChange): Promise<void> {
  const { password, ...shown } = wanted;
  const detail = { ...shown, is_password_set: password !== undefined };
  return audit(ports, db, { call, action, targetType: "site", targetId: id, detail });
}
