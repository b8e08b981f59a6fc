import { expect, test } from "vitest";
import { NOVA, testWorld } from "../testing.ts";

test("a guest writes to all its disks in one sequence, on the clock, until it stops and again after it starts", async () => {
  const { call, clock, a, world } = await testWorld();
  const { server } = a.threeTier.db;
  const guest = a.cloud.guest(server.id);
  guest.startWriting(1000);
  await clock.advance(3000);
  expect(guest.writes("/dev/vda").map(({ sequence }) => sequence)).toEqual([1, 3, 5]);
  expect(guest.writes("/dev/vdb").map(({ sequence }) => sequence)).toEqual([2, 4, 6]);
  await call(`POST ${NOVA}/servers/${server.id}/action`, a.member, { "os-stop": null });
  await clock.advance(60_000);
  const stoppedAt = guest.sequence;
  await clock.advance(60_000);
  expect(guest.sequence).toBe(stoppedAt);
  expect(guest.write("while stopped")).toEqual([]);
  await call(`POST ${NOVA}/servers/${server.id}/action`, a.member, { "os-start": null });
  await clock.advance(10_000);
  expect(guest.sequence).toBeGreaterThan(stoppedAt);
  expect(guest.bootRecords).toHaveLength(2);
  expect(guest.bootRecords[1]?.disks[0]?.content.last?.sequence).toBe(stoppedAt - 1);
  expect(world.problems).toEqual([]);
});

test("an overwrite under a running server is recorded by the array and by the guest", async () => {
  const { a, world } = await testWorld();
  const guest = a.cloud.guest(a.threeTier.web.server.id);
  guest.write("before");
  const array = world.array("array-a").model;
  const name = a.threeTier.web.volumes[0]?.providerId ?? "";
  array.write(name, array.findVolume(name)?.hosts[0] ?? "", { writer: "intruder", sequence: 1, at: 0, text: "x" });
  guest.write("after");
  expect(world.problems.map(({ kind }) => kind)).toEqual(["overwritten_while_connected"]);
});

test("two running servers on one array volume are recorded as corruption", async () => {
  const { a, world } = await testWorld();
  const [first, second] = [a.threeTier.web, a.threeTier.db];
  const stolen = second.volumes[0];
  const own = first.volumes[0];
  if (!stolen || !own) throw new Error("the workload has volumes");
  a.cloud.guests.halt(second.server);
  stolen.providerId = own.providerId;
  a.cloud.guests.boot(second.server);
  expect(world.problems.map(({ kind }) => kind)).toEqual(["written_by_two"]);
});

test("a guest whose connection was taken away on the array writes no more", async () => {
  const { a, world } = await testWorld();
  const guest = a.cloud.guest(a.threeTier.web.server.id);
  expect(guest.write("one")).toHaveLength(1);
  const array = world.array("array-a").model;
  const name = a.threeTier.web.volumes[0]?.providerId ?? "";
  array.disconnect(name, array.findVolume(name)?.hosts[0] ?? "");
  expect(guest.write("two")).toEqual([]);
  expect(guest.sequence).toBe(1);
});

test("a site without power answers nothing, writes nothing, and finds its servers off afterwards", async () => {
  const { call, clock, a, world } = await testWorld();
  const { server } = a.threeTier.web;
  const guest = a.cloud.guest(server.id);
  guest.startWriting(500);
  await clock.advance(1000);
  await call(`POST ${NOVA}/servers/${server.id}/action`, a.member, { reboot: { type: "SOFT" } });
  a.cloud.powerOff();
  const before = guest.sequence;
  await clock.advance(10_000);
  expect(guest.sequence).toBe(before);
  await expect(call(`GET ${NOVA}/servers`, a.member)).rejects.toThrow("ECONNREFUSED");
  a.cloud.powerOn({ resumeGuests: false });
  const other = await call(`GET ${NOVA}/servers/${a.threeTier.db.server.id}`, a.member);
  expect(other.body.server.status).toBe("SHUTOFF");
  expect(world.problems).toEqual([]);
});

test("a server whose connections were ended on the array does not start again until it is shelved and unshelved", async () => {
  const { call, clock, a, world } = await testWorld();
  const { server, volumes } = a.threeTier.web;
  const array = world.array("array-a").model;
  const name = volumes[0]?.providerId ?? "";
  array.disconnect(name, array.findVolume(name)?.hosts[0] ?? "");
  const act = async (action: string) => {
    await call(`POST ${NOVA}/servers/${server.id}/action`, a.member, { [action]: null });
    await clock.advance(5000);
    return (await call(`GET ${NOVA}/servers/${server.id}`, a.member)).body.server.status;
  };
  expect(await act("os-stop")).toBe("SHUTOFF");
  expect(await act("os-start")).toBe("SHUTOFF");
  expect(await act("shelve")).toBe("SHELVED_OFFLOADED");
  expect(await act("unshelve")).toBe("ACTIVE");
  expect(a.cloud.guest(server.id).write("back")).toHaveLength(1);
  expect(world.problems).toEqual([]);
});

test("what happens to a disk behind an ended connection is no corruption", async () => {
  const { a, world } = await testWorld();
  const guest = a.cloud.guest(a.threeTier.web.server.id);
  guest.write("before");
  const array = world.array("array-a").model;
  const name = a.threeTier.web.volumes[0]?.providerId ?? "";
  array.disconnect(name, array.findVolume(name)?.hosts[0] ?? "");
  array.connect(name, "another-host");
  array.write(name, "another-host", { writer: "restore", sequence: 1, at: 0, text: "x" });
  array.disconnect(name, "another-host");
  a.cloud.guests.halt(a.threeTier.web.server);
  expect(world.problems).toEqual([]);
});

test("one group snapshot of all disks is a gapless beginning of what the guest wrote, two snapshots are not", async () => {
  const { clock, a, world } = await testWorld();
  const guest = a.cloud.guest(a.threeTier.db.server.id);
  const array = world.array("array-a").model;
  const [root, data] = a.threeTier.db.volumes.map(({ providerId }) => providerId ?? "");
  array.ensureGroup("cut");
  for (const name of [root ?? "", data ?? ""]) array.addToGroup("cut", name);
  guest.startWriting(100);
  await clock.advance(1000);
  array.snapshotGroup("cut", "one");
  array.snapshotVolume(root ?? "", "late");
  guest.write("between", "/dev/vda");
  guest.write("between", "/dev/vdb");
  array.snapshotVolume(data ?? "", "late");
  await clock.advance(1000);
  const numbers = (snapshots: readonly string[]) =>
    snapshots
      .flatMap((name) => array.writesOfSnapshot(name))
      .map(({ sequence }) => sequence)
      .sort((x, y) => x - y);
  const isGapless = (found: readonly number[]) => found.every((sequence, index) => sequence === index + 1);
  const together = numbers([`cut.one.${root}`, `cut.one.${data}`]);
  expect(together).toHaveLength(20);
  expect(isGapless(together)).toBe(true);
  expect(isGapless(numbers([`${root}.late`, `${data}.late`]))).toBe(false);
});
