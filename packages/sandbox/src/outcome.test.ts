import { seededRandom, VirtualClock } from "@protector/ports";
import { createWorld, seedBasics, seedTenant, seedThreeTier } from "@protector/simulator";
import { expect, test } from "vitest";
import { observeFailover } from "./outcome.ts";
import type { SandboxWorld } from "./world.ts";

/** A server that wrote at site-a, and one of its name at site-b whose disks never saw those writes. */
function lossyWorld(): SandboxWorld {
  const clock = new VirtualClock(Date.parse("2026-03-01T12:00:00Z"));
  const origins = ["https://127.0.0.21", "https://127.0.0.22"] as const;
  const world = createWorld({
    clock,
    random: seededRandom(1),
    arrays: origins.map((origin, index) => ({ name: `array-${index}`, origin, apiToken: "token" })),
    clouds: [
      { name: "site-a", host: "127.0.0.11", backends: [{ array: "array-0" }] },
      { name: "site-b", host: "127.0.0.12", backends: [{ array: "array-1" }] },
    ],
  });
  const [a, b] = [world.cloud("site-a"), world.cloud("site-b")];
  const { db } = seedThreeTier(a, seedTenant(a, seedBasics(a)));
  a.guest(db.server.id).write("paid");
  a.guest(db.server.id).write("shipped", "/dev/vdb");
  seedThreeTier(b, seedTenant(b, seedBasics(b)));
  db.server.vmState = "stopped";
  const site = (name: "site-a" | "site-b") => ({
    name,
    cloud: world.cloud(name),
    array: { name, origin: "", apiToken: "" },
    apiPort: 0,
  });
  return {
    world,
    sites: [site("site-a"), site("site-b")],
    replicationType: "async" as const,
    certificate: { cert: "", key: "" },
    servers: [db],
    stop: async () => {},
  };
}

test("writes that the server's successor did not find when it booted are lost", () => {
  const [db] = observeFailover(lossyWorld());
  expect(db).toMatchObject({ name: "db-01", running_on: "site-b", writes: 3, writes_lost: 3, rpo_seconds: 0 });
  expect(db?.first_read_at).toBe("2026-03-01T12:00:00.000Z");
});
