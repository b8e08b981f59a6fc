import { expect, test } from "vitest";
import { beat } from "../../packages/server/src/engine/watch/heartbeat.ts";
import { lookAtPeers } from "../../packages/server/src/engine/watch/peer-reachability.ts";
import { createTwoSites } from "../world/two-sites.ts";
import { watchPorts } from "./watched-site.ts";

async function peerOf({ a, b }: Awaited<ReturnType<typeof createTwoSites>>) {
  return a.connection.db.selectFrom("sites").selectAll().where("id", "=", b.id).executeTakeFirstOrThrow();
}

test("a peer whose Keystone and Protector answer is reachable", async () => {
  const sites = await createTwoSites();
  await sites.a.connection.db.updateTable("sites").set({ reachability: "unknown" }).execute();
  await sites.clock.run(lookAtPeers(watchPorts(sites, sites.a)));
  const peer = await peerOf(sites);
  expect([peer.reachability, peer.reachability_reason]).toEqual(["reachable", null]);
  expect(peer.reachability_at).toContain("2026-01-05 08:00");
  const own = await sites.a.connection.db.selectFrom("sites").selectAll().where("is_local", "=", 1).executeTakeFirst();
  expect(own?.reachability).toBe("unknown");
  sites.stop();
});

test("a silent Protector and a silent Keystone are each named", async () => {
  const sites = await createTwoSites();
  sites.world.conditions.inject({ service: "site-b/keystone", fault: { kind: "lost_request" } });
  await sites.clock.run(lookAtPeers(watchPorts(sites, sites.a, () => false)));
  const peer = await peerOf(sites);
  expect(peer.reachability).toBe("unreachable");
  expect(peer.reachability_reason).toMatch(/^Keystone at .* does not answer.*; Protector at .* does not answer/);
  expect(sites.clock.now()).toBe(Date.UTC(2026, 0, 5, 8, 0, 3));
  sites.stop();
});

test("another site at the peer's address is not the peer", async () => {
  const sites = await createTwoSites();
  const ports = watchPorts(sites, sites.a);
  const impostor: typeof ports.transport = async (request) =>
    request.url.includes(":8788")
      ? { status: 200, headers: {}, body: JSON.stringify({ site: { id: sites.a.id } }) }
      : ports.transport(request);
  await sites.clock.run(lookAtPeers({ ...ports, transport: impostor }));
  const peer = await peerOf(sites);
  expect(peer.reachability).toBe("unreachable");
  expect(peer.reachability_reason).toContain(`is ${sites.a.id}, not site ${sites.b.id}`);
  sites.stop();
});

test("an engine says that it is there once, however often it says so", async () => {
  const sites = await createTwoSites();
  const ports = watchPorts(sites, sites.a);
  await beat(ports, "connected");
  await sites.clock.advance(10_000);
  await beat(ports, "disconnected");
  const rows = await sites.a.connection.db.selectFrom("engine_services").selectAll().execute();
  expect(rows.map(({ host, messaging, seen_at }) => [host, messaging, seen_at.slice(0, 19)])).toEqual([
    ["site-a-engine-1", "disconnected", "2026-01-05 08:00:10"],
  ]);
  sites.stop();
});
