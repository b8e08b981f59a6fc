import { beforeEach, describe, expect, it } from "vitest";
import { type TestClient, type TwoArrays, twoArrays } from "./test-client.ts";

const GIB = 2 ** 30;
const MINUTE = 60_000;

describe("pods over REST 2.x", () => {
  let world: TwoArrays;
  beforeEach(async () => {
    world = await twoArrays();
    await world.a.send("POST", "pods?names=p", {});
  });
  const stretch = async () => {
    await world.a.send("POST", "pods/arrays?group_names=p&member_names=array-b");
    await world.clock.advance(MINUTE);
  };
  const create = (array: TestClient, name: string) => array.send("POST", `volumes?names=${name}`, { provisioned: GIB });
  const rows = async (array: TestClient) => (await podOf(array)).arrays;
  const names = async (array: TestClient, path: string) => (await array.items(path)).map(({ name }) => name);

  it("are made on one array and take a while to be in sync with the other", async () => {
    expect(await podOf(world.a)).toMatchObject({
      name: "p",
      array_count: 1,
      promotion_status: "promoted",
      mediator: "purestorage",
      arrays: [{ name: "array-a", status: "online", mediator_status: "online", pre_elected: false, frozen_at: null }],
    });
    expect(await world.a.refusal("POST", "pods?names=P", {})).toBe("400 Pod already exists.");
    expect(await world.b.refusal("GET", "pods?names=p")).toBe("400 Pod does not exist.");
    await create(world.a, "p::v");
    const answer = await world.a.send("POST", "pods/arrays?group_names=p&member_names=array-b");
    expect(answer.body.items).toMatchObject([{ group: { name: "p" }, member: { name: "array-b" } }]);
    await world.clock.advance(15_000);
    const [near, far] = await rows(world.b);
    expect(near).toMatchObject({ name: "array-a", status: "online", progress: null });
    expect(far).toMatchObject({ name: "array-b", status: "resyncing", progress: 0.5 });
    expect(await names(world.b, "volumes")).toEqual([]);
    expect(await world.b.refusal("POST", "volumes?names=p::w", { provisioned: GIB })).toMatch(/^400 Pod is resyncing/);
    await world.clock.advance(15_000);
    expect((await rows(world.b))[1]).toMatchObject({ status: "online", progress: null });
    expect(await names(world.b, "volumes")).toEqual(["p::v"]);
    expect(await names(world.b, "pods/arrays?group_names=p")).toEqual([undefined, undefined]);
  });

  it("are stretched to one other array that is connected for it and has no pod of that name", async () => {
    const to = (array: string) => world.a.refusal("POST", `pods/arrays?group_names=p&member_names=${array}`);
    world.link.isSync = false;
    expect(await to("array-b")).toMatch(/not connected for synchronous replication/);
    world.link.isSync = true;
    expect(await to("array-c")).toMatch(/Array does not exist/);
    expect(await to("array-a")).toMatch(/already exists/);
    await world.b.send("POST", "pods?names=p", {});
    expect(await to("array-b")).toMatch(/already exists/);
    await world.b.send("PATCH", "pods?names=p", { destroyed: true });
    expect(await to("array-b")).toMatch(/has been destroyed/);
    await world.b.send("DELETE", "pods?names=p");
    await stretch();
    expect(await to("array-b")).toMatch(/already exists/);
    expect(await world.a.refusal("PATCH", "pods?names=p", { destroyed: true })).toMatch(/while it is stretched/);
    for (const requested_promotion_state of ["promoted", "demoted"]) {
      const refusal = await world.a.refusal("PATCH", "pods?names=p", { requested_promotion_state });
      expect(refusal).toMatch(/cannot be promoted or demoted/);
    }
  });

  it("show in what is in them, and keep what belongs together in one pod", async () => {
    await stretch();
    await create(world.a, "p::v");
    await create(world.a, "plain");
    await world.b.send("POST", "protection-groups?names=p::pg");
    await world.b.send("POST", "protection-groups/volumes?group_names=p::pg&member_names=p::v");
    await world.b.send("POST", "protection-group-snapshots?source_names=p::pg", { suffix: "s-1" });
    const pod = { name: "p", id: (await podOf(world.a)).id };
    for (const array of [world.a, world.b]) {
      expect(await array.items("volumes?names=p::v")).toMatchObject([{ pod }]);
      expect(await array.items("protection-groups")).toMatchObject([
        { name: "p::pg", pod, source: pod, is_local: true },
      ]);
      expect(await array.items("protection-group-snapshots")).toMatchObject([{ name: "p::pg.s-1", pod }]);
      expect(await array.items("volume-snapshots")).toMatchObject([
        { name: "p::pg.s-1.v", pod, source: { name: "p::v" } },
      ]);
    }
    const join = (group: string, volume: string) =>
      world.a.refusal("POST", `protection-groups/volumes?group_names=${group}&member_names=${volume}`);
    await world.a.send("POST", "protection-groups?names=plain-group");
    expect(await join("p::pg", "plain")).toMatch(/not in the same pod/);
    expect(await join("plain-group", "p::v")).toMatch(/not in the same pod/);
    expect(await world.a.refusal("POST", "volumes?names=q::v", { provisioned: GIB })).toBe("400 Pod does not exist.");
    expect(await world.a.refusal("PATCH", "volumes?names=p::v", { name: "v" })).toMatch(/^400/);
  });

  it("let clones out, and nothing in from outside once they are stretched", async () => {
    await create(world.a, "plain");
    await world.a.send("POST", "volume-snapshots?source_names=plain", { suffix: "s" });
    await create(world.a, "p::v");
    expect((await world.a.send("PATCH", "volumes?names=plain", { pod: { name: "p" } })).body.items[0]?.name).toBe(
      "p::plain",
    );
    expect(await names(world.a, "volume-snapshots")).toEqual(["p::plain.s"]);
    await world.a.send("PATCH", "volumes?names=p::plain", { pod: { name: "" } });
    await stretch();
    const stuck = /moved into or out of a stretched pod/;
    expect(await world.a.refusal("PATCH", "volumes?names=plain", { pod: { name: "p" } })).toMatch(stuck);
    expect(await world.a.refusal("PATCH", "volumes?names=p::v", { pod: { name: "" } })).toMatch(stuck);
    const outside = /from a source outside of the pod/;
    const from = (name: string) => ({ source: { name } });
    expect(await world.a.refusal("POST", "volumes?names=p::new", from("plain.s"))).toMatch(outside);
    expect(await world.a.refusal("POST", "volumes?names=p::v&overwrite=true", from("plain"))).toMatch(outside);
    expect((await world.b.send("POST", "volumes?names=out", from("p::v"))).status).toBe(200);
    const [inside] = (await world.b.send("POST", "volumes?names=p::twin", from("p::v"))).body.items;
    expect(inside?.name).toBe("p::twin");
    const serial = async (array: TestClient, name: string) => (await array.items(`volumes?names=${name}`))[0]?.serial;
    expect(await serial(world.a, "p::v")).toBe(await serial(world.b, "p::v"));
    expect(await serial(world.b, "out")).not.toBe(await serial(world.b, "p::v"));
  });

  it("go on where the preference says when the arrays lose each other", async () => {
    await world.a.send("PATCH", "pods?names=p", { failover_preferences: [{ name: "array-b" }] });
    await stretch();
    const at = world.clock.now();
    world.link.isUp = false;
    expect(await rows(world.a)).toMatchObject([
      { name: "array-a", status: "offline", frozen_at: at },
      { name: "array-b", status: "unknown", mediator_status: "unknown", frozen_at: null },
    ]);
    expect(await rows(world.b)).toMatchObject([
      { name: "array-a", status: "offline" },
      { name: "array-b", status: "online", frozen_at: null },
    ]);
  });

  it("go on where the mediator is reached, however the preference is", async () => {
    await stretch();
    world.a.array.model.mediator = "unreachable";
    expect(await rows(world.b)).toMatchObject([{ mediator_status: "unreachable" }, { mediator_status: "online" }]);
    world.link.isUp = false;
    expect((await rows(world.a))[0]).toMatchObject({ status: "offline" });
    expect((await rows(world.b))[1]).toMatchObject({ status: "online" });
  });

  it("go on at the array that was elected beforehand when no array reaches the mediator", async () => {
    await stretch();
    for (const { array } of [world.a, world.b]) array.model.mediator = "unreachable";
    expect((await rows(world.a)).map(({ pre_elected }) => pre_elected)).toEqual([true, false]);
    world.link.isUp = false;
    expect((await rows(world.a))[0]).toMatchObject({ status: "online" });
    expect((await rows(world.b))[1]).toMatchObject({ status: "offline" });
  });

  it("stop on both arrays when the elected one is lost with the mediator, and go on when either is back", async () => {
    await stretch();
    await create(world.a, "p::v");
    for (const { array } of [world.a, world.b]) array.model.mediator = "unreachable";
    world.a.array.model.isUp = false;
    expect((await rows(world.b))[1]).toMatchObject({ status: "offline" });
    expect(await world.b.refusal("POST", "volumes?names=out", { source: { name: "p::v" } })).toMatch(/Pod is offline/);
    world.a.array.model.isUp = true;
    expect((await rows(world.b)).map(({ status }) => status)).toEqual(["online", "online"]);
    world.a.array.model.isUp = false;
    world.b.array.model.mediator = "online";
    expect((await rows(world.b))[1]).toMatchObject({ status: "offline" });
  });

  it("can be made to go on twice, and lose then what the second one wrote", async () => {
    await stretch();
    await create(world.a, "p::v");
    world.link.isUp = false;
    world.b.array.model.forcePodOnline("p");
    expect((await rows(world.a)).map(({ status }) => status)).toEqual(["online", "offline"]);
    expect((await rows(world.b)).map(({ status }) => status)).toEqual(["offline", "online"]);
    await create(world.b, "p::only-b");
    world.link.isUp = true;
    expect((await rows(world.a)).map(({ status }) => status)).toEqual(["online", "resyncing"]);
    await world.clock.advance(MINUTE);
    expect(await names(world.b, "volumes")).toEqual(["p::v"]);
  });

  it("begin to catch up anew when they lose each other on the way", async () => {
    await stretch();
    world.link.isUp = false;
    await world.clock.advance(MINUTE);
    world.link.isUp = true;
    await world.clock.advance(20_000);
    world.link.isUp = false;
    await world.clock.advance(20_000);
    expect((await rows(world.b))[1]).toMatchObject({ status: "offline", progress: null });
    world.link.isUp = true;
    await world.clock.advance(15_000);
    expect((await rows(world.b))[1]).toMatchObject({ status: "resyncing", progress: 0.5 });
  });

  it("show hosts and connections of the other array under its name while the arrays reach each other", async () => {
    await stretch();
    await create(world.a, "p::v");
    await world.b.send("POST", "hosts?names=h", {});
    await world.b.send("POST", "connections?host_names=h&volume_names=p::v", {});
    expect(await world.a.items("hosts")).toMatchObject([{ name: "array-b:h", is_local: false }]);
    expect(await world.a.items("connections")).toMatchObject([
      { host: { name: "array-b:h" }, volume: { name: "p::v" } },
    ]);
    expect(await world.a.items("volumes")).toMatchObject([{ connection_count: 1 }]);
    world.link.isUp = false;
    expect(await world.a.items("connections")).toEqual([]);
    expect(await world.b.items("connections")).toMatchObject([{ host: { name: "h" } }]);
    world.link.isUp = true;
    await world.clock.advance(MINUTE);
    await world.a.send("DELETE", "connections?host_names=array-b:h&volume_names=p::v");
    expect(await world.b.items("connections")).toEqual([]);
  });

  it("leave a destroyed copy where they were taken off, and go with what is in them only on demand", async () => {
    await stretch();
    await create(world.a, "p::v");
    await world.a.send("DELETE", "pods/arrays?group_names=p&member_names=array-b");
    expect(await podOf(world.a)).toMatchObject({ array_count: 1 });
    expect(await world.b.items("pods")).toMatchObject([{ name: "p.restretch", destroyed: true }]);
    expect(await names(world.b, "volumes")).toEqual(["p.restretch::v"]);
    expect(await world.b.refusal("PATCH", "pods?names=p.restretch", { destroyed: false })).toMatch(/^400/);
    expect((await world.b.send("POST", "volumes?names=out", { source: { name: "p.restretch::v" } })).status).toBe(200);
    expect(await world.a.refusal("PATCH", "pods?names=p", { destroyed: true })).toMatch(/while it is not empty/);
    await world.a.send("PATCH", "pods?names=p&destroy_contents=true", { destroyed: true });
    expect(await names(world.a, "volumes?destroyed=false")).toEqual([]);
    await world.clock.advance(25 * 60 * MINUTE);
    expect(await world.a.items("pods")).toEqual([]);
    expect(await names(world.b, "volumes")).toEqual(["out"]);
  });
});

async function podOf(array: TestClient) {
  const [pod] = await array.items("pods?names=p");
  if (!pod) throw new Error("no pod p");
  return pod;
}
