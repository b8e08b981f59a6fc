import { seedVolume } from "@protector/simulator";
import { afterEach, expect, test } from "vitest";
import { readJson, readOptionalJson } from "../../packages/server/src/db/codecs.ts";
import { growAway, nicsAt, plugAway, resizeAway, rewireAway, serverAt } from "./changed-away.ts";
import { awayGroup, carryHome, followWrites, goAway, lostAtHome, orderFailback, protectBack } from "./failback-run.ts";
import { type WritingGroup, writingGroup } from "./failover-run.ts";
import { cloudAs } from "./people.ts";
import { run } from "./protected-group.ts";
import { operationRow } from "./test-run.ts";
import { letBothSitesRest, lose, orderUnplanned } from "./unplanned-run.ts";

let writing: WritingGroup;
afterEach(() => writing.sites.stop());

const LONGEST_MS = 3_600_000;

async function comeHome() {
  const { sites } = writing;
  const id = await orderFailback(writing);
  const status = await sites.settle(sites.a, id, sites.engine(sites.a), LONGEST_MS);
  const row = await operationRowAt(sites.a, id);
  const error = readOptionalJson(row.error);
  return {
    id,
    status,
    error: error?.detail,
    warnings: readOptionalJson(row.plan)?.warnings.map(({ reason }) => reason) ?? [],
    leftovers: readJson(row.leftovers),
  };
}

function operationRowAt({ connection }: WritingGroup["sites"]["a"], id: string) {
  return connection.db.selectFrom("dr_operations").selectAll().where("id", "=", id).executeTakeFirstOrThrow();
}

function groupRow({ a }: WritingGroup["sites"], id: string) {
  return a.connection.db.selectFrom("protection_groups").selectAll().where("id", "=", id).executeTakeFirstOrThrow();
}

const NAME = "db-01";

test("what an unplanned failover left on the volumes at home is kept in a snapshot of each by the reprotection, once", async () => {
  writing = await writingGroup(1);
  const { sites, group } = writing;
  const bringBack = lose(writing, sites.a, "all");
  await goAway(writing, (of) => orderUnplanned(of, { reason: "site A burnt down this morning" }));
  bringBack();
  await letBothSitesRest(writing);
  const disks = group.servers.flatMap(({ volumes }) => volumes.map(({ providerId }) => providerId ?? ""));
  const model = sites.world.array("array-a").model;
  const left = disks.map((disk) => model.writesOfVolume(disk).map(({ sequence }) => sequence));
  const first = await operationRow(writing, await run(sites, sites.b, group.id, { type: "reprotect" }));
  const again = await operationRow(writing, await run(sites, sites.b, group.id, { type: "reprotect" }));
  expect(readOptionalJson(first.plan)?.warnings.map(({ check }) => check)).toContain("reprotect.kept");
  expect(readJson(again.leftovers)).toEqual([]);
  await carryHome(writing);
  await sites.clock.advance(5000);
  const written = followWrites(writing);
  const { status, leftovers } = await comeHome();
  expect([status, leftovers]).toEqual(["completed", []]);
  expect(lostAtHome(writing, written)).toEqual([]);
  const kept = readJson(first.leftovers).map(({ subject }) => subject.replace("Snapshot ", ""));
  expect(kept).toHaveLength(disks.length);
  const held = kept.map((name) => model.writesOfSnapshot(name).map(({ sequence }) => sequence));
  expect(held.toSorted()).toEqual(left.toSorted());
  expect(sites.world.problems).toEqual([]);
});

test("a server that is gone at home is rebuilt there on its old volumes, and says so before", async () => {
  writing = await awayGroup(1);
  const { sites } = writing;
  const before = serverAt(writing, "site-a", NAME);
  const volumes = before.disks.map(({ volumeId }) => volumeId);
  const addresses = sites.world.cloud("site-a").describe().servers[0]?.addresses;
  await sites.clock.run(cloudAs(sites, "site-a", "admin").compute.deleteServer(before.id));
  await sites.clock.advance(60_000);
  const written = followWrites(writing);
  const { status, warnings, error } = await comeHome();
  expect({ status, error }).toEqual({ status: "completed", error: undefined });
  expect(warnings.join("\n")).toContain("Rebuild: its server is gone from site-a");
  const after = serverAt(writing, "site-a", NAME);
  expect(after.id).not.toBe(before.id);
  expect(after.disks.map(({ volumeId }) => volumeId)).toEqual(volumes);
  expect(
    sites.world
      .cloud("site-a")
      .describe()
      .servers.find(({ name }) => name === NAME)?.addresses,
  ).toEqual(addresses);
  const rebuilt = new Map([...written].map(([name, each]) => [name, { ...each, id: after.id }]));
  expect(rebuilt.size).toBe(1);
  expect(sites.world.problems).toEqual([]);
});

test("a volume attached while away comes home attached, one detached while away stays there unattached", async () => {
  writing = await writingGroup(1);
  await goAway(writing);
  const { sites } = writing;
  const away = serverAt(writing, "site-b", NAME);
  const data = away.disks.find(({ isRoot }) => !isRoot)?.volumeId ?? "";
  const tenant = cloudAs(sites, "site-b", "tenant");
  const cloud = sites.world.cloud("site-b");
  const { project, user, basics } = sites.b.tenant;
  const type = basics.replicated;
  const fresh = seedVolume(cloud, { owner: { project, user }, name: "fresh", sizeGiB: 3, type });
  await sites.clock.run(tenant.compute.detachVolume(away.id, data));
  await sites.clock.advance(60_000);
  await sites.clock.run(tenant.compute.attachVolume(away.id, { volumeId: fresh.id, deleteOnTermination: false }));
  await sites.clock.advance(60_000);
  await protectBack(writing);
  await carryHome(writing);
  const home = serverAt(writing, "site-a", NAME);
  const lonely = home.disks.find(({ isRoot }) => !isRoot);
  const surplus = lonely?.volumeId ?? "";
  // Nova would delete it when it is detached from a shelved server.
  if (lonely) lonely.deleteOnTermination = true;
  const root = home.disks.find(({ isRoot }) => isRoot)?.volumeId;
  const guest = cloud.guest(away.id);
  guest.write("on the fresh one", "/dev/vdb");
  const { status, error, warnings } = await comeHome();
  expect({ status, error }).toEqual({ status: "completed", error: undefined });
  expect(warnings.join("\n")).toContain("Attach: volume fresh (3 GiB) is made at site-a.");
  expect(warnings.join("\n")).toContain(`Detach: volume ${surplus}`);
  const now = serverAt(writing, "site-a", NAME);
  expect(now.id).toBe(home.id);
  expect(now.disks.map(({ volumeId }) => volumeId)).toContain(root);
  expect(now.disks).toHaveLength(2);
  const volumes = sites.world.cloud("site-a").volumes.volumes;
  const [name] = now.disks.flatMap(({ volumeId }) => (volumeId === root ? [] : [volumes.get(volumeId)?.name]));
  expect(name).toBe("fresh");
  expect(volumes.get(surplus)).toMatchObject({ status: "available", attachments: [] });
  expect(sites.world.problems).toEqual([]);
});

function sizesAtHome() {
  const { volumes } = writing.sites.world.cloud("site-a").volumes;
  return serverAt(writing, "site-a", NAME).disks.map(({ volumeId }) => {
    const volume = volumes.get(volumeId);
    const bytes = volume?.backend.array.findVolume(volume.providerId ?? "")?.bytes ?? 0;
    return [volume?.sizeGiB, bytes / 2 ** 30];
  });
}

test("volumes that grew while away, the root too, are extended in place at home, in Cinder and on the array", async () => {
  writing = await writingGroup(1);
  const { sites } = writing;
  const ids = serverAt(writing, "site-a", NAME).disks.map(({ volumeId }) => volumeId);
  const before = sizesAtHome();
  await goAway(writing);
  await growAway(writing);
  await protectBack(writing);
  const written = followWrites(writing);
  const { status, error, warnings } = await comeHome();
  expect({ status, error }).toEqual({ status: "completed", error: undefined });
  expect(warnings.filter((reason) => reason.startsWith("Grow: "))).toHaveLength(2);
  expect(lostAtHome(writing, written)).toEqual([]);
  expect(serverAt(writing, "site-a", NAME).disks.map(({ volumeId }) => volumeId)).toEqual(ids);
  expect(sizesAtHome()).toEqual(before.map(([gib = 0]) => [gib + 3, gib + 3]));
  expect(sites.world.problems).toEqual([]);
});

test("a volume that Cinder does not extend keeps no server away: it is named, and tried again", async () => {
  writing = await writingGroup(1);
  await goAway(writing);
  const { sites, group } = writing;
  await growAway(writing);
  await protectBack(writing);
  const limits = sites.world.cloud("site-a").volumes.limitsOf(sites.a.tenant.project.id);
  const enough = limits.gigabytes;
  // Somebody else takes the quota right after the last look at it.
  const afterCommit = (_id: string, labels: readonly string[]) => {
    if (labels.some((label) => label.startsWith("step epoch.target completed"))) limits.gigabytes = 1;
    return undefined;
  };
  const id = await orderFailback(writing);
  const engine = sites.engine(sites.a, { observer: { afterCommit } });
  expect(await sites.settle(sites.a, id, engine, LONGEST_MS)).toBe("completed_with_errors");
  const [result] = readJson((await operationRowAt(sites.a, id)).members);
  expect(result).toMatchObject({
    status: "home",
    error: { detail: expect.stringContaining("exceeds allowed gigabytes") },
  });
  expect((await groupRow(sites, group.id)).status).toBe("active");
  limits.gigabytes = enough;
  await sites.ask(sites.a, id, { verb: "retry" });
  expect(await sites.settle(sites.a, id, sites.engine(sites.a), LONGEST_MS)).toBe("completed");
  const [retried] = readJson((await operationRowAt(sites.a, id)).members);
  expect(retried).toMatchObject({ status: "home", error: null });
  expect(sizesAtHome().every(([cinder, array]) => cinder === array)).toBe(true);
});

test("what was plugged, unplugged and rewired while away is so at home", async () => {
  writing = await writingGroup(2);
  await goAway(writing);
  const { sites } = writing;
  const [there] = nicsAt(writing, "site-b", "app-01");
  const isFront = (nic: { macAddress: string }) => nic.macAddress === there?.macAddress;
  const front = nicsAt(writing, "site-a", "app-01").find(isFront);
  await sites.clock.run(
    cloudAs(sites, "site-b", "tenant").compute.detachPort(serverAt(writing, "site-b", "app-01").id, there?.id ?? ""),
  );
  await sites.clock.advance(60_000);
  const mac = await plugAway(writing, NAME, "10.10.0.77");
  await rewireAway(writing, NAME, "10.20.0.99");
  await protectBack(writing);
  const [own] = nicsAt(writing, "site-a", NAME);
  const { status, error, warnings } = await comeHome();
  expect({ status, error }).toEqual({ status: "completed", error: undefined });
  expect(warnings.filter((reason) => reason.startsWith("Re-plug: "))).toEqual([
    `Re-plug: NIC ${mac} 10.10.0.77, plugged at site-b, is plugged at site-a.`,
    `Re-plug: NIC ${own?.macAddress} 10.20.0.31 10.20.0.99 got other addresses and security groups at site-b: its port at site-a gets the same.`,
    `Re-plug: NIC ${front?.macAddress}, unplugged at site-b, is unplugged at site-a; a port of its owner's (${front?.id}) stays.`,
  ]);
  const { tenant } = sites.a;
  expect(nicsAt(writing, "site-a", NAME)).toMatchObject([
    {
      id: own?.id,
      fixedIps: [{ address: "10.20.0.31" }, { address: "10.20.0.99" }],
      securityGroupIds: [tenant.database.id, tenant.web.id],
    },
    {
      macAddress: mac,
      networkId: tenant.front.network.id,
      fixedIps: [{ address: "10.10.0.77" }],
      securityGroupIds: [tenant.web.id],
    },
  ]);
  expect(nicsAt(writing, "site-a", "app-01")).toHaveLength(1);
  expect(nicsAt(writing, "site-a", "app-01").some(isFront)).toBe(false);
  expect(sites.world.cloud("site-a").networks.ports.get(front?.id ?? "")).toMatchObject({ deviceId: "" });
  expect(sites.world.problems).toEqual([]);
});

test("a server that was resized while away has the flavor of home that its new one is mapped to", async () => {
  writing = await writingGroup(1);
  await goAway(writing);
  const { sites } = writing;
  await resizeAway(writing, NAME, "small");
  await protectBack(writing);
  const { id } = serverAt(writing, "site-a", NAME);
  const written = followWrites(writing);
  const { status, error, warnings } = await comeHome();
  expect({ status, error }).toEqual({ status: "completed", error: undefined });
  expect(warnings.filter((reason) => reason.startsWith("Resize: "))).toEqual([
    "Resize: it gets flavor m1.small instead of m1.medium at site-a, as it was resized to m1.small at site-b.",
  ]);
  expect(serverAt(writing, "site-a", NAME)).toMatchObject({ id, flavor: { name: "m1.small" }, vmState: "active" });
  expect(lostAtHome(writing, written)).toEqual([]);
  expect(sites.world.problems).toEqual([]);
});

test("a resize that no host takes keeps no server away: it runs in its old size, is named, and tried again", async () => {
  writing = await writingGroup(1);
  await goAway(writing);
  const { sites } = writing;
  await resizeAway(writing, NAME, "small");
  await protectBack(writing);
  const { hosts } = sites.world.cloud("site-a").compute;
  // Those that the server is not on are drained right when it has started.
  const afterCommit = (_id: string, labels: readonly string[]) => {
    const { host } = serverAt(writing, "site-a", NAME);
    if (labels.some((label) => label.startsWith("step active.")))
      for (const each of hosts) if (each !== host) each.traits.add("COMPUTE_STATUS_DISABLED");
    return undefined;
  };
  const id = await orderFailback(writing);
  const engine = sites.engine(sites.a, { observer: { afterCommit } });
  expect(await sites.settle(sites.a, id, engine, LONGEST_MS)).toBe("completed_with_errors");
  const [result] = readJson((await operationRowAt(sites.a, id)).members);
  expect(result).toMatchObject({ status: "home", error: { code: "protector.capacity.unavailable" } });
  expect(serverAt(writing, "site-a", NAME)).toMatchObject({ flavor: { name: "m1.medium" }, vmState: "active" });
  for (const each of hosts) each.traits.clear();
  await sites.ask(sites.a, id, { verb: "retry" });
  expect(await sites.settle(sites.a, id, sites.engine(sites.a), LONGEST_MS)).toBe("completed");
  expect(serverAt(writing, "site-a", NAME)).toMatchObject({ flavor: { name: "m1.small" }, vmState: "active" });
});

test("a resize that waits for Nova can be left out: the server is home as it was", async () => {
  writing = await writingGroup(1);
  await goAway(writing);
  const { sites } = writing;
  await resizeAway(writing, NAME, "small");
  await protectBack(writing);
  sites.world.conditions.inject({
    service: "site-a/nova",
    when: ({ body = "" }) => body.includes('"resize"'),
    fault: { kind: "refuse", status: 503, body: "busy" },
  });
  const id = await orderFailback(writing);
  expect(await sites.settle(sites.a, id, sites.engine(sites.a), 600_000)).toBe("waiting");
  const step = `resize.${writing.group.memberIds[0]}`;
  await sites.ask(sites.a, id, { verb: "skip", step, reason: "it is large enough" });
  expect(await sites.settle(sites.a, id, sites.engine(sites.a), LONGEST_MS)).toBe("completed");
  const { members, leftovers } = await operationRowAt(sites.a, id);
  expect(readJson(members)).toMatchObject([{ status: "home", downtime_seconds: expect.any(Number) }]);
  expect(readJson(leftovers)).toMatchObject([{ reason: expect.stringContaining("left out: it is large enough") }]);
  expect(serverAt(writing, "site-a", NAME).flavor.name).toBe("m1.medium");
});

test("a server that was off away is off at home, one that its owner had locked is locked by him again", async () => {
  writing = await awayGroup(1);
  const { sites } = writing;
  const away = serverAt(writing, "site-b", NAME);
  await sites.clock.run(cloudAs(sites, "site-b", "tenant").compute.stopServer(away.id));
  await sites.clock.advance(60_000);
  await sites.clock.run(cloudAs(sites, "site-b", "tenant").compute.lockServer(away.id, "mine"));
  const { status, error } = await comeHome();
  expect({ status, error }).toEqual({ status: "completed", error: undefined });
  const [server] = sites.world
    .cloud("site-a")
    .describe()
    .servers.filter(({ name }) => name === NAME);
  expect(server).toMatchObject({ status: "SHUTOFF", lockedBy: "owner", lockedReason: "mine" });
});

test("a server that cannot wait at home any more blocks it, named with what helps", async () => {
  writing = await awayGroup(1);
  serverAt(writing, "site-a", NAME).vmState = "error";
  const { status, error } = await comeHome();
  expect(status).toBe("failed");
  expect(error).toContain("It is ERROR at site-a, where it is to wait shelved or stopped. Put that right, or delete");
});

test("rolled back before the first server starts, the volumes at home hold again what they held", async () => {
  writing = await awayGroup(1);
  const { sites, group } = writing;
  const disks = group.servers.flatMap(({ volumes }) => volumes.map(({ providerId }) => providerId ?? ""));
  const model = sites.world.array("array-a").model;
  const held = () => disks.map((disk) => model.writesOfVolume(disk).map(({ writer, sequence }) => [writer, sequence]));
  const before = held();
  const id = await orderFailback(writing);
  const afterCommit = (_id: string, labels: readonly string[]) =>
    labels.some((label) => /^step volume\..* completed/.test(label))
      ? sites.ask(sites.a, id, { verb: "cancel" })
      : undefined;
  const engine = sites.engine(sites.a, { observer: { afterCommit } });
  expect(await sites.settle(sites.a, id, engine, LONGEST_MS)).toBe("cancelled");
  expect(held()).toEqual(before);
  expect(sites.world.cloud("site-b").guest(serverAt(writing, "site-b", NAME).id).isRunning).toBe(true);
});
