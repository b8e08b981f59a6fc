import { afterEach, expect, test } from "vitest";
import { readJson } from "../../packages/server/src/db/codecs.ts";
import { awayGroup, carryAway, followWrites, goAway, lostAtHome, orderFailback, protectBack } from "./failback-run.ts";
import type { WritingGroup } from "./failover-run.ts";
import { stateNow } from "./test-run.ts";

let writing: WritingGroup;
afterEach(() => writing.sites.stop());

const LONGEST_MS = 3_600_000;

async function comeHome(): Promise<string> {
  const { sites } = writing;
  const id = await orderFailback(writing);
  const status = await sites.settle(sites.a, id, sites.engine(sites.a), LONGEST_MS);
  if (status !== "completed") {
    const { db } = sites.a.connection;
    const steps = await db
      .selectFrom("dr_operation_steps")
      .select(["step_key", "status", "error"])
      .where("operation_id", "=", id)
      .where("status", "not in", ["completed"])
      .execute();
    const row = await db.selectFrom("dr_operations").selectAll().where("id", "=", id).executeTakeFirst();
    throw new Error(
      `failback is ${status}: ${row?.error}\n${row?.plan?.slice(-1500)}\n${JSON.stringify(steps, null, 1)}`,
    );
  }
  return id;
}

function groupAt(site: "a" | "b") {
  return writing.sites[site].connection.db
    .selectFrom("protection_groups")
    .selectAll()
    .where("id", "=", writing.group.id)
    .executeTakeFirstOrThrow();
}

/** Servers of site A with everything that makes them who they are. */
function identities() {
  return writing.sites.world
    .cloud("site-a")
    .describe()
    .servers.map(({ id, name, ports, volumes, addresses }) => ({ id, name, ports, volumes, addresses }));
}

test("the servers come home with their ids, ports and addresses, and miss no write of the other site", async () => {
  writing = await awayGroup();
  const { sites } = writing;
  const before = identities();
  const written = followWrites(writing);
  await comeHome();
  expect(lostAtHome(writing, written)).toEqual([]);
  expect(identities()).toEqual(before);
  const servers = sites.world.cloud("site-a").describe().servers;
  expect(servers.map(({ status, lockedBy }) => [status, lockedBy])).toEqual(Array(3).fill(["ACTIVE", null]));
  expect(sites.world.cloud("site-b").describe()).toMatchObject({ servers: [], volumes: [], volumeGroups: [] });
  expect(await groupAt("a")).toMatchObject({
    status: "active",
    protection: "protected",
    primary_site_id: sites.a.id,
    current_operation_id: null,
  });
  expect(sites.world.problems).toEqual([]);
});

test("three full cycles leave nothing behind and grow nothing", async () => {
  writing = await awayGroup();
  const { sites } = writing;
  const states: unknown[] = [];
  for (let cycle = 1; cycle <= 3; cycle += 1) {
    if (cycle > 1) {
      await goAway(writing);
      await protectBack(writing);
      await sites.clock.advance(5000);
    }
    const written = followWrites(writing);
    const id = await comeHome();
    expect({ cycle, lost: lostAtHome(writing, written) }).toEqual({ cycle, lost: [] });
    const row = await sites.a.connection.db
      .selectFrom("dr_operations")
      .select("leftovers")
      .where("id", "=", id)
      .executeTakeFirstOrThrow();
    expect(readJson(row.leftovers)).toEqual([]);
    await carryAway(writing);
    const state = JSON.stringify(await stateNow(writing))
      .replaceAll(/-e\d+-idle/g, "-e<n>-idle")
      .replaceAll(/"(epoch|generation)":\d+/g, '"$1":0');
    states.push(JSON.parse(state));
  }
  expect(states[1]).toEqual(states[0]);
  expect(states[2]).toEqual(states[0]);
});
