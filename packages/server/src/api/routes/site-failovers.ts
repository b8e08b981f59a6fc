import { PLAN_CONCURRENCY } from "@protector/contract";
import { listPeerSites } from "../../db/repositories/sites.ts";
import { choosePeer } from "../changes/choose-peer.ts";
import { startRun } from "../changes/start-run.ts";
import type { Handlers } from "../handler.ts";
import type { ApiPorts } from "../ports.ts";

/**
 * Every group between this site and another one, in whatever project: the groups' own trusts are used, for whoever asks is
 * no member of their projects.
 */
export function siteFailoverHandlers(ports: ApiPorts): Handlers<"site_failovers.create"> {
  return {
    "site_failovers.create": async (call) => {
      const { action, peer_site_id } = call.body;
      const peer = choosePeer(await listPeerSites(ports.database.db), peer_site_id);
      const of = { planId: null, peerSiteId: peer.id, name: peer.name, concurrency: PLAN_CONCURRENCY.usual };
      const { operation, location } = await startRun(ports, { call, action, ...of });
      return { body: { operation }, location };
    },
  };
}
