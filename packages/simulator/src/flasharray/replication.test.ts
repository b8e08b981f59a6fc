import { beforeEach, describe, expect, it } from "vitest";
import { replicatedGroup, type TwoArrays, twoArrays } from "./rest2/test-client.ts";

const GIB = 2 ** 30;
const CUT = "protection-group-snapshots?source_names=pg";
const TRANSFERS = "protection-group-snapshots/transfer?names=array-a:pg";

describe("replication between simulated FlashArrays", () => {
  let world: TwoArrays;
  beforeEach(async () => {
    world = await twoArrays();
  });
  const onTarget = () => world.b.items("protection-group-snapshots?source_names=array-a:pg");

  it("shows a group on the target only after a while, and nothing is sent before it is allowed", async () => {
    await world.a.send("POST", "protection-groups?names=pg");
    await world.a.send("POST", "protection-groups/targets?group_names=pg&member_names=array-b");
    expect(await world.b.items("protection-groups")).toEqual([]);
    expect((await world.a.items("protection-groups/targets?group_names=pg"))[0].allowed).toBe(false);
    await world.clock.advance(10_000);
    expect((await world.b.items("protection-groups"))[0]).toMatchObject({ name: "array-a:pg", is_local: false });
    await world.a.send("POST", `${CUT}&replicate_now=true`, { suffix: "early-1" });
    await world.clock.advance(600_000);
    expect(await onTarget()).toEqual([]);
  });

  it("shows a snapshot on the target before its data is there, with a row that moves with the clock", async () => {
    await replicatedGroup(world);
    world.link.transferMs = 100_000;
    const made = (await world.a.send("POST", `${CUT}&replicate_now=true`, { suffix: "s-1" })).body.items[0];
    await world.clock.advance(25_000);
    expect((await onTarget())[0]).toMatchObject({ name: "array-a:pg.s-1", created: made.created });
    const [running] = await world.b.items(TRANSFERS);
    expect(running.completed).toBeNull();
    expect(running.progress).toBeCloseTo(0.25, 2);
    await world.clock.advance(100_000);
    const [done] = await world.b.items(TRANSFERS);
    expect(done).toMatchObject({ progress: 1, completed: done.started + 100_001 });
    expect(await world.b.items(`${TRANSFERS}&filter=${encodeURIComponent('progress="1.0"')}`)).toHaveLength(1);
    expect(await world.b.items("volume-snapshots")).toMatchObject([
      { name: "array-a:pg.s-1.vol", source: { name: "array-a:vol" }, created: made.created },
    ]);
  });

  it("stalls while the link is down and goes on where it was", async () => {
    await replicatedGroup(world);
    world.link.transferMs = 100_000;
    await world.a.send("POST", `${CUT}&replicate_now=true`, { suffix: "s-1" });
    await world.clock.advance(50_000);
    world.link.isUp = false;
    expect((await world.b.items("array-connections"))[0].status).toBe("connecting");
    await world.clock.advance(3_600_000);
    expect((await world.b.items(TRANSFERS))[0].progress).toBeCloseTo(0.5, 2);
    world.link.isUp = true;
    await world.clock.advance(49_000);
    expect((await world.b.items(TRANSFERS))[0].completed).toBeNull();
    await world.clock.advance(2_000);
    expect((await world.b.items(TRANSFERS))[0].progress).toBe(1);
  });

  it("leaves a partial snapshot behind when the source dies", async () => {
    await replicatedGroup(world);
    await world.a.send("POST", `${CUT}&replicate_now=true`, { suffix: "s-1" });
    await world.clock.advance(10_000);
    world.a.array.model.isUp = false;
    expect((await world.a.send("GET", "volumes")).status).toBe(503);
    await world.clock.advance(3_600_000);
    expect((await world.b.items(TRANSFERS))[0].progress).toBeCloseTo(0.5, 1);
    expect((await world.b.send("POST", "volumes?names=c", { source: { name: "array-a:pg.s-1.vol" } })).status).toBe(
      200,
    );
    expect(world.b.array.model.problems).toMatchObject([{ kind: "cloned_incomplete_snapshot" }]);
  });

  it("drops a transfer and its partial data when the target disallows", async () => {
    await replicatedGroup(world);
    await world.a.send("POST", `${CUT}&replicate_now=true`, { suffix: "s-1" });
    await world.clock.advance(10_000);
    await world.b.send("PATCH", "protection-groups/targets?group_names=array-a:pg", { allowed: false });
    expect(await onTarget()).toEqual([]);
    expect((await world.a.items("protection-groups/targets?group_names=pg"))[0].allowed).toBe(false);
  });

  it("runs the schedule without a timer: a virtual clock has nothing to wait for", async () => {
    await replicatedGroup(world);
    const schedule = { replication_schedule: { enabled: true, frequency: 300_000 } };
    await world.a.send("PATCH", "protection-groups?names=pg", schedule);
    expect(world.clock.sleeping).toBe(0);
    await world.clock.advance(3_600_000);
    const points = await onTarget();
    expect(points).toHaveLength(13);
    expect(points[1]?.created).toBe(points[0].created + 300_000);
  });

  it("cuts a scheduled point with the content of its time, though it is looked at later", async () => {
    await replicatedGroup(world);
    const { model } = world.a.array;
    model.connect("vol", "host");
    const write = (sequence: number) =>
      model.write("vol", "host", { writer: "s", sequence, at: world.clock.now(), text: String(sequence) });
    write(1);
    const schedule = { replication_schedule: { enabled: true, frequency: 300_000 } };
    await world.a.send("PATCH", "protection-groups?names=pg", schedule);
    await world.clock.advance(60_000);
    write(2);
    await world.clock.advance(300_000);
    write(3);
    const [first, second] = await world.b.items("volume-snapshots");
    const sequences = (name: string) => world.b.array.model.writesOfSnapshot(name).map((entry) => entry.sequence);
    expect(sequences(first.name)).toEqual([1]);
    expect(sequences(second?.name ?? "")).toEqual([1, 2]);
  });

  it("begins a scheduled cycle only when the one before has ended", async () => {
    await replicatedGroup(world);
    world.link.transferMs = 700_000;
    const schedule = { replication_schedule: { enabled: true, frequency: 300_000 } };
    await world.a.send("PATCH", "protection-groups?names=pg", schedule);
    await world.clock.advance(3_600_000);
    const rows = await world.b.items(`${TRANSFERS}&sort=started`);
    expect(rows.length).toBe(6);
    for (const [index, row] of rows.slice(1).entries())
      expect(row.started).toBeGreaterThanOrEqual(rows[index]?.completed ?? Number.NaN);
  });

  it("checks the units of schedule and retention", async () => {
    await world.a.send("POST", "protection-groups?names=pg");
    const change = (body: object) => world.a.refusal("PATCH", "protection-groups?names=pg", body);
    expect(await change({ replication_schedule: { enabled: true, frequency: 3_600 } })).toMatch(
      /^400 Invalid frequency/,
    );
    expect(await change({ replication_schedule: { frequency: 34_560_000_001 } })).toMatch(/^400 Invalid frequency/);
    expect(await change({ replication_schedule: { frequency: 300_000, at: 3_600 } })).toMatch(/^400/);
    expect(await change({ replication_schedule: { frequency: 86_400_000, at: 3_600 } })).toMatch(/^200/);
    expect(await change({ replication_schedule: { blackout: { start: 3_600, end: 7_200 } } })).toMatch(/^400/);
    for (const retention of [{ all_for_sec: 59 }, { per_day: 1441 }, { days: 4001 }]) {
      expect(await change({ target_retention: retention })).toMatch(/^400 Invalid retention/);
    }
  });

  it("thins scheduled points out by retention and keeps those made by hand without it", async () => {
    await replicatedGroup(world);
    const retention = { all_for_sec: 3_600, per_day: 2, days: 1 };
    await world.a.send("POST", `${CUT}&replicate_now=true`, { suffix: "kept-1" });
    await world.a.send("POST", `${CUT}&replicate_now=true&apply_retention=true`, { suffix: "aged-1" });
    await world.a.send("PATCH", "protection-groups?names=pg", {
      replication_schedule: { enabled: true, frequency: 1_800_000 },
      source_retention: { ...retention, days: 0 },
      target_retention: retention,
    });
    await world.clock.advance(3 * 86_400_000);
    const live = (await world.b.items("protection-group-snapshots?destroyed=false&sort=created")).map(
      (item) => item.suffix,
    );
    expect(live).toContain("kept-1");
    expect(live).not.toContain("aged-1");
    expect(live.length).toBeGreaterThanOrEqual(1 + 3 + 2);
    expect(live.length).toBeLessThanOrEqual(1 + 3 + 3);
    const eradicated = (await world.b.items("protection-group-snapshots")).find((item) => item.suffix === "aged-1");
    expect(eradicated).toBeUndefined();
    const local = await world.a.items("protection-group-snapshots?destroyed=false");
    expect(local.length).toBeLessThan(live.length);
  });

  it("destroys the source copy of a snapshot made for replication and eradicates it after an hour", async () => {
    await replicatedGroup(world);
    await world.a.send("POST", `${CUT}&replicate_now=true&for_replication=true`, { suffix: "s-1" });
    expect((await world.a.items("protection-group-snapshots"))[0]).toMatchObject({ destroyed: true });
    await world.clock.advance(3_600_001);
    expect(await world.a.items("protection-group-snapshots")).toEqual([]);
    expect((await world.b.items(TRANSFERS))[0].progress).toBe(1);
  });

  it("sends after earlier transfers when told to wait for them, at once when told to hurry", async () => {
    await replicatedGroup(world);
    world.link.transferMs = 60_000;
    await world.a.send("POST", `${CUT}&replicate_now=true`, { suffix: "s-1" });
    await world.a.send("POST", `${CUT}&replicate=true`, { suffix: "s-2" });
    await world.a.send("POST", `${CUT}&replicate_now=true`, { suffix: "s-3" });
    await world.clock.advance(600_000);
    const rows = await world.b.items(TRANSFERS);
    const row = (suffix: string) => {
      const found = rows.find((each) => each.name.endsWith(suffix));
      if (!found) throw new Error(`there is no transfer of ${suffix}`);
      return found;
    };
    expect(row("s-2").started).toBeGreaterThanOrEqual(row("s-1").completed);
    expect(row("s-3").started).toBe(row("s-1").started);
    expect(await world.a.refusal("POST", `${CUT}&replicate=true&replicate_now=true`)).toMatch(/^400/);
  });

  it("cuts at the source's clock and completes at the target's", async () => {
    world = await twoArrays({ clockSkewMs: 600_000 });
    await replicatedGroup(world);
    const at = world.clock.now();
    await world.a.send("POST", `${CUT}&replicate_now=true`, { suffix: "s-1" });
    await world.clock.advance(60_000);
    expect((await onTarget())[0].created).toBe(at + 600_000);
    expect((await world.b.items(TRANSFERS))[0].completed).toBeLessThan(at + 60_000);
  });

  it("notes what would have corrupted a file system", async () => {
    await replicatedGroup(world);
    const { model } = world.a.array;
    model.createVolume("other", GIB);
    model.connect("vol", "host");
    expect(await world.a.refusal("POST", "volumes?names=vol&overwrite=true", { source: { name: "other" } })).toMatch(
      /^200/,
    );
    expect(model.problems).toMatchObject([{ kind: "overwritten_while_connected", object: "vol" }]);
  });

  it("describes equal worlds equally and tells different ones apart", async () => {
    const twin = await twoArrays();
    for (const each of [world, twin]) {
      await replicatedGroup(each);
      await each.a.send("POST", `${CUT}&replicate_now=true`, { suffix: "s-1" });
      await each.clock.advance(60_000);
    }
    expect(world.b.array.model.describe()).toEqual(twin.b.array.model.describe());
    await twin.b.send("PATCH", "protection-group-snapshots?names=array-a:pg.s-1", { destroyed: true });
    expect(world.b.array.model.describe()).not.toEqual(twin.b.array.model.describe());
  });

  it("destroys a group with its snapshots and brings them back together", async () => {
    await replicatedGroup(world);
    await world.a.send("POST", CUT, { suffix: "s-1" });
    await world.a.send("PATCH", "protection-groups?names=pg", { destroyed: true });
    expect((await world.a.items("volume-snapshots"))[0].destroyed).toBe(true);
    expect(await world.a.refusal("POST", "protection-groups?names=pg")).toMatch(/has been destroyed/);
    await world.a.send("PATCH", "protection-groups?names=pg", { destroyed: false });
    expect((await world.a.items("volume-snapshots"))[0].destroyed).toBe(false);
  });

  it("sends nothing more to a target that has destroyed its copy of the group", async () => {
    await replicatedGroup(world);
    await world.b.send("PATCH", "protection-groups?names=array-a:pg", { destroyed: true });
    await world.a.send("POST", `${CUT}&replicate_now=true`, { suffix: "s-1" });
    await world.clock.advance(600_000);
    expect(await onTarget()).toEqual([]);
  });
});
