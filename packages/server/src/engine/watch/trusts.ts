import { type Cloud, connectCloud } from "@protector/openstack";
import { findLocalSite, listPeerSites, type SiteRow } from "../../db/repositories/sites.ts";
import {
  beginTrustEnds,
  deleteTrust,
  listForgottenTrusts,
  listLivingTrusts,
  type TrustRow,
  trustIsGone,
} from "../../db/repositories/trusts.ts";
import { endForgottenTrust } from "../../domain/forgotten-trusts.ts";
import type { EnginePorts } from "../engine-ports.ts";
import { openTrust, refusal } from "../world/tenant-access.ts";
import { unlessRefused } from "./credential-checks.ts";
import { systemRequestId } from "./request-id.ts";
import { forEachSubject } from "./rounds.ts";

/** Longer than any request lasts from its look at a trust to what needs it. ms */
const REST_MS = 600_000;
const WATCH = "trusts";

/**
 * Keeps what is known of trusts and what Keystone has of them the same: ends there what nothing needs any more and what
 * was made for a request that has not learnt of it, and notes which are gone, so that their users give new ones.
 */
export async function keepTrusts(ports: EnginePorts): Promise<void> {
  const local = await findLocalSite(ports.connection.db);
  if (!local) return;
  await endSuperfluous(ports, local);
  await endForgotten(ports, local);
  await noteGone(ports);
}

async function endSuperfluous(ports: EnginePorts, local: SiteRow): Promise<void> {
  const { db } = ports.connection;
  const subjects = await beginTrustEnds(db, { siteId: local.id, now: ports.clock.now(), restMs: REST_MS });
  await forEachSubject(ports, { watch: WATCH, subjects, nameOf: ({ trust_id }) => trust_id }, async (trust) => {
    await endTrust(ports, trust);
    await deleteTrust(db, trust.id);
  });
}

async function endForgotten(ports: EnginePorts, local: SiteRow): Promise<void> {
  const { db } = ports.connection;
  const subjects = await listForgottenTrusts(db, ports.clock.now() - REST_MS);
  if (subjects.length === 0) return;
  // Where two sites share a Keystone and a service user, a trust that this one does not know may be the other's.
  const hostOf = ({ auth_url }: SiteRow) => new URL(auth_url).host;
  const isShared = (await listPeerSites(db)).some((peer) => hostOf(peer) === hostOf(local));
  const admin = serviceUser(ports);
  const trusteeUserId = (await admin.token()).content.userId;
  await forEachSubject(ports, { watch: WATCH, subjects, nameOf: ({ id }) => id }, (trust) =>
    endForgottenTrust(db, trust, {
      trusteeUserId,
      list: async () => (isShared ? [] : admin.identity.listTrusts({ trusteeUserId })),
      end: (trust_id) => endTrust(ports, { trust_id }),
    }),
  );
}

async function noteGone(ports: EnginePorts): Promise<void> {
  const { db } = ports.connection;
  const known = await listLivingTrusts(db);
  if (known.length === 0) return;
  const admin = serviceUser(ports);
  const trusteeUserId = (await admin.token()).content.userId;
  const there = await unlessRefused(admin.identity.listTrusts({ trusteeUserId }));
  const ids = there && new Set(there.map(({ id }) => id));
  for (const { id, trust_id } of known) if (ids && !ids.has(trust_id)) await trustIsGone(db, id, ports.clock.now());
}

/**
 * Ends a trust by a token of its own, which is its user's; one that yields none by the service user, whom a cloud may let.
 * Source: Keystone's `identity:delete_trust`, trustors and administrators of the system.
 */
async function endTrust(ports: EnginePorts, { trust_id }: Pick<TrustRow, "trust_id">): Promise<void> {
  const { settings, transport, clock, random } = ports;
  const admin = serviceUser(ports);
  if ((await admin.identity.findTrust(trust_id)) === undefined) return;
  const options = { serviceUser: settings.ownCloud, ports: { transport, clock, random } };
  const own = openTrust(options, { trustId: trust_id, requestId: systemRequestId(ports) });
  const { identity } = (await refusal(own)) === undefined ? own : admin;
  await identity.deleteTrust(trust_id);
}

function serviceUser(ports: EnginePorts): Cloud {
  const { settings, transport, clock, random } = ports;
  return connectCloud({ ...settings.ownCloud, requestId: systemRequestId(ports) }, { transport, clock, random });
}
