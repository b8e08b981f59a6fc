import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Rest1Client, type ServedArrays, servedArrays } from "./test-client.ts";

const GIB = 2 ** 30;

describe("REST 1.x of a simulated FlashArray over HTTP", () => {
  let served: ServedArrays;
  let a: Rest1Client;
  let b: Rest1Client;
  beforeEach(async () => {
    served = await servedArrays();
    a = served.a.rest1;
    b = served.b.rest1;
  });
  afterEach(() => served.stop());

  /** What Cinder's driver does when it starts with an asynchronous replication device. */
  const setUpReplication = async () => {
    await a.done("POST", "pgroup/cinder-group");
    await a.done("PUT", "pgroup/cinder-group", { target_all_for: 14_400, target_per_day: 3, target_days: 7 });
    await a.done("PUT", "pgroup/cinder-group", { replicate_frequency: 3600 });
    await a.done("PUT", "pgroup/cinder-group", { addtargetlist: ["array-b"] });
    await served.clock.advance(10_000);
    await b.done("PUT", "pgroup/array-a:cinder-group", { allowed: true });
    await a.done("PUT", "pgroup/cinder-group", { replicate_enabled: true });
  };

  it("lists both families of versions without login and answers 450 for one it does not have", async () => {
    const { body } = await a.raw("GET", "/api/api_version", "");
    expect(body).toEqual({ version: expect.arrayContaining(["1.0", "1.19", "2.0", "2.26"]) });
    a.version = "1.20";
    expect(await a.refusal("GET", "array")).toMatch(/^450/);
  });

  it("wants a cookie that it renews with every answer, refusals too, and forgets when idle for too long", async () => {
    expect(await a.get("array")).toMatchObject({ array_name: "array-a" });
    expect(await a.refusal("GET", "volume/none")).toBe("400 Volume does not exist. (none)");
    await served.clock.advance(3_599_000);
    expect((await a.send("GET", "array")).status).toBe(200);
    await served.clock.advance(3_601_000);
    expect(await a.refusal("GET", "array")).toMatch(/^401/);
    expect(await a.refusal("GET", "array")).toMatch(/^401/);
    expect((await a.logIn("wrong")).status).toBe(401);
    await a.logIn("token-a");
    await a.done("DELETE", "auth/session");
    expect(await a.refusal("GET", "array")).toMatch(/^401/);
  });

  it("tells a driver that starts what it is, how full and how busy", async () => {
    const { id, version } = await a.get("array");
    expect(id).toBe(served.world.array("array-a").model.id);
    expect(Number(version.split(".")[0])).toBeGreaterThanOrEqual(6);
    const [space] = await a.rows("GET", "array", { space: true });
    expect(space.total).toBeLessThan(space.capacity);
    const [load] = await a.rows("GET", "array", { action: "monitor" });
    expect(load).toMatchObject({ reads_per_sec: 0, usec_per_write_op: 0, queue_depth: 0 });
    const [port] = await a.rows("GET", "port");
    expect(port).toMatchObject({ portal: "127.0.0.41:3260", iqn: expect.stringMatching(/^iqn\.2010-06/) });
    expect(await a.get("array/connection")).toMatchObject([{ array_name: "array-b", connected: true }]);
  });

  it("sets up replication as the driver asks for it: the target sees the group later and has to allow it", async () => {
    await a.done("POST", "pgroup/cinder-group");
    expect(await a.refusal("POST", "pgroup/cinder-group")).toMatch(/already exists/);
    await a.done("PUT", "pgroup/cinder-group", { target_all_for: 14_400, target_per_day: 3, target_days: 7 });
    await a.done("PUT", "pgroup/cinder-group", { replicate_frequency: 3600 });
    expect(await a.refusal("PUT", "pgroup/cinder-group", { replicate_frequency: 299 })).toMatch(/^400 Invalid freq/);
    expect(await a.refusal("PUT", "pgroup/cinder-group", { addtargetlist: ["array-c"] })).toMatch(/could not be found/);
    await a.done("PUT", "pgroup/cinder-group", { addtargetlist: ["array-b"] });
    expect(await a.refusal("PUT", "pgroup/cinder-group", { addtargetlist: ["array-b"] })).toMatch(/already includes/);
    expect(await b.refusal("GET", "pgroup/array-a:cinder-group")).toMatch(/^400 Protection group does not exist/);
    await served.clock.advance(10_000);
    expect(await b.get("pgroup/array-a%3Acinder-group")).toMatchObject({ source: "array-a" });
    expect((await a.get("pgroup/cinder-group")).targets).toEqual([{ name: "array-b", allowed: false }]);
    await b.done("PUT", "pgroup/array-a:cinder-group", { allowed: true });
    expect(await b.refusal("PUT", "pgroup/array-a:cinder-group", { allowed: true })).toMatch(/already allowed on/);
    expect((await a.get("pgroup/cinder-group")).targets).toEqual([{ name: "array-b", allowed: true }]);
    const [group] = await served.a.rest2.items("GET", "protection-groups?names=cinder-group");
    expect(group.replication_schedule).toMatchObject({ enabled: false, frequency: 3_600_000 });
    expect(group.target_retention).toEqual({ all_for_sec: 14_400, per_day: 3, days: 7 });
  });

  it("shows the points of a replicated group on the target, complete only when they have arrived", async () => {
    await setUpReplication();
    await a.done("POST", "volume/v", { size: GIB });
    await a.done("PUT", "pgroup/cinder-group", { addvollist: ["v"] });
    await a.done("POST", "pgroup", { source: ["cinder-group"], snap: true, suffix: "one", replicate_now: true });
    await served.clock.advance(500);
    const rows = () => b.rows("GET", "pgroup/array-a:cinder-group", { snap: true, transfer: true });
    const half = (await rows()).find((row) => row.name.endsWith(".one"));
    expect(half?.progress).toBeGreaterThan(0);
    expect(half?.progress).toBeLessThan(1);
    expect(half?.completed).toBeNull();
    await served.clock.advance(60_000);
    const done = (await rows()).find((row) => row.name.endsWith(".one"));
    expect(done).toMatchObject({ progress: 1, created: "2026-01-05T00:00:10Z", source: "array-a:cinder-group" });
    const parts = await b.get("volume/array-a:cinder-group.one", { snap: true, pgroup: true });
    expect(parts).toMatchObject([{ name: "array-a:cinder-group.one.v", source: "array-a:v", size: GIB }]);
    await b.done("POST", "volume/v", { source: "array-a:cinder-group.one.v", overwrite: true });
    expect(await b.get("volume/v")).toMatchObject({ name: "v", size: GIB });
  });

  it("cuts points by the schedule that was set in seconds", async () => {
    await setUpReplication();
    await served.clock.advance(2 * 3_600_000 + 60_000);
    await a.logIn("token-a");
    const rows = await a.rows("GET", "pgroup/cinder-group", { snap: true });
    expect(rows.map((row) => row.created)).toEqual([
      "2026-01-05T00:00:10Z",
      "2026-01-05T01:00:10Z",
      "2026-01-05T02:00:10Z",
    ]);
  });

  it("makes, extends, limits, renames, destroys and eradicates volumes", async () => {
    const made = await a.done("POST", "volume/v", { size: GIB, iops_limit: 200, bandwidth_limit: "" });
    expect(made).toMatchObject({ name: "v", size: GIB, source: null, created: "2026-01-05T00:00:00Z" });
    expect(await a.refusal("POST", "volume/v", { size: GIB })).toBe("400 Volume already exists. (v)");
    expect(await a.refusal("POST", "volume/no.dots", { size: GIB })).toMatch(/^400 Invalid name/);
    expect(await a.refusal("POST", "volume/w", { size: 1000 })).toMatch(/^400 Invalid size/);
    expect(await a.refusal("POST", "volume/w", { size: GIB, colour: "red" })).toBe(
      "400 Unrecognized argument. (colour)",
    );
    expect((await served.a.rest2.items("GET", "volumes?names=v"))[0].qos.iops_limit).toBe(200);
    await a.done("PUT", "volume/v", { iops_limit: "", bandwidth_limit: "" });
    expect((await served.a.rest2.items("GET", "volumes?names=v"))[0].qos.iops_limit).toBeNull();
    expect(await a.done("PUT", "volume/v", { size: "2G", truncate: false })).toEqual({ name: "v", size: 2 * GIB });
    expect(await a.refusal("PUT", "volume/v", { size: GIB })).toMatch(/^400 Implicit truncation/);
    await a.done("PUT", "volume/v", { name: "w" });
    expect(await a.refusal("GET", "volume/v")).toMatch(/does not exist/);
    expect(await a.refusal("DELETE", "volume/w", { eradicate: true })).toMatch(/has not been destroyed/);
    await a.done("DELETE", "volume/w");
    expect(await a.refusal("GET", "volume/w")).toMatch(/does not exist/);
    expect((await a.get("volume/w", { pending: true })).time_remaining).toBe(86_400);
    expect(await a.get("volume")).toEqual([]);
    expect(await a.get("volume", { pending: true })).toMatchObject([{ name: "w", size: 2 * GIB }]);
    expect(await a.refusal("DELETE", "volume/w")).toMatch(/has been destroyed/);
    expect(await a.refusal("POST", "volume/w", { size: GIB })).toMatch(/has been destroyed/);
    await a.done("DELETE", "volume/w", { eradicate: true });
    expect(await a.refusal("DELETE", "volume/w")).toMatch(/does not exist/);
  });

  it("takes snapshots, clones them, reverts to them, renames and removes them", async () => {
    await a.done("POST", "volume/v", { size: GIB });
    const [snapshot] = await a.rows("POST", "volume", { source: ["v"], snap: true, suffix: "snapshot-1" });
    expect(snapshot).toMatchObject({ name: "v.snapshot-1", source: "v", size: GIB });
    expect(await a.refusal("POST", "volume", { source: ["none"], snap: true, suffix: "x" })).toMatch(/does not exist/);
    expect(await a.done("POST", "volume/c", { source: "v.snapshot-1" })).toMatchObject({ source: "v" });
    expect(await a.refusal("POST", "volume/c", { source: "v.snapshot-1" })).toMatch(/already exists/);
    await a.done("POST", "volume/c", { source: "v", overwrite: true });
    expect(await a.refusal("POST", "volume/d", { source: "v.none" })).toMatch(/does not exist/);
    await a.done("PUT", "volume/v.snapshot-1", { name: "v.snapshot-2" });
    expect(await a.refusal("PUT", "volume/v.snapshot-2", { name: "c.snapshot-2" })).toMatch(/^400/);
    expect(await a.get("volume/v", { snap: true })).toMatchObject([{ name: "v.snapshot-2" }]);
    await a.done("DELETE", "volume/v.snapshot-2");
    expect(await a.refusal("DELETE", "volume/v.snapshot-2")).toMatch(/has been destroyed/);
    expect(await a.get("volume", { snap: true })).toEqual([]);
    expect(await a.get("volume", { snap: true, pending: true })).toHaveLength(1);
    await a.done("DELETE", "volume/v.snapshot-2", { eradicate: true });
    expect(await a.refusal("DELETE", "volume/v.snapshot-2")).toMatch(/^400 No such volume or snapshot/);
  });

  it("connects hosts and lets go of nothing that is connected", async () => {
    await a.done("POST", "volume/v", { size: GIB });
    expect(await a.refusal("POST", "host/h-1/volume/v")).toBe("400 Host does not exist. (h-1)");
    await a.done("POST", "host/h-1", { iqnlist: ["iqn.1"] });
    expect(await a.refusal("POST", "host/h-1", {})).toMatch(/already exists/);
    expect(await a.refusal("POST", "host/h-2", { iqnlist: ["iqn.1"] })).toMatch(/already in use/);
    await a.done("PUT", "host/h-1", { personality: "esxi" });
    await a.done("PUT", "host/h-1", { addiqnlist: ["iqn.2"] });
    expect(await a.get("host", { remote: true })).toMatchObject([{ name: "h-1", iqn: ["iqn.1", "iqn.2"] }]);
    expect(await a.done("POST", "host/h-1/volume/v")).toEqual({ name: "h-1", vol: "v", lun: 1 });
    expect(await a.refusal("POST", "host/h-1/volume/v")).toMatch(/Connection already exists/);
    expect(await a.get("volume/v/host", { remote: true })).toMatchObject([{ name: "v", host: "h-1", lun: 1 }]);
    expect(await a.get("host/h-1/volume", { private: true })).toMatchObject([{ name: "h-1", vol: "v", lun: 1 }]);
    expect(await a.get("host", { all: true })).toMatchObject([{ name: "h-1", vol: "v" }]);
    expect(await a.refusal("DELETE", "volume/v")).toMatch(/cannot be deleted due to existing connections/);
    expect(await a.refusal("DELETE", "host/h-1")).toMatch(/cannot be deleted due to existing connections/);
    await a.done("DELETE", "host/h-1/volume/v");
    expect(await a.refusal("DELETE", "host/h-1/volume/v")).toMatch(/is not connected/);
    await a.done("DELETE", "host/h-1");
    expect(await a.refusal("GET", "host/h-1/volume", { private: true })).toMatch(/Host does not exist/);
    expect(served.world.problems).toEqual([]);
  });

  it("changes the members of a group all or nothing, and snapshots it", async () => {
    for (const name of ["v", "w"]) await a.done("POST", `volume/${name}`, { size: GIB });
    await a.done("POST", "pgroup/g");
    await a.done("PUT", "pgroup/g", { addvollist: ["v"], remvollist: [] });
    expect(await a.refusal("PUT", "pgroup/g", { addvollist: ["w", "v"] })).toMatch(/already belongs to/);
    expect(await a.refusal("PUT", "pgroup/g", { addvollist: ["w", "x"] })).toMatch(/does not exist/);
    expect(await a.refusal("PUT", "pgroup/g", { remvollist: ["v", "w"] })).toMatch(/could not be found/);
    expect((await a.get("pgroup/g")).volumes).toEqual(["v"]);
    await a.done("PUT", "pgroup/g", { addvollist: ["w"], remvollist: ["v"] });
    expect((await a.get("pgroup/g")).volumes).toEqual(["w"]);
    await a.done("POST", "pgroup", { source: ["g"], snap: true, suffix: "cgsnapshot-1" });
    await a.done("POST", "volume/c", { source: "g.cgsnapshot-1.w" });
    await a.done("DELETE", "pgroup/g.cgsnapshot-1");
    expect(await a.refusal("DELETE", "pgroup/g.cgsnapshot-1")).toMatch(/has been destroyed/);
    await a.done("DELETE", "pgroup/g.cgsnapshot-1", { eradicate: true });
    expect(await a.refusal("DELETE", "pgroup/g.cgsnapshot-1")).toMatch(/does not exist/);
    await a.done("DELETE", "pgroup/g");
    expect(await a.refusal("GET", "pgroup/g")).toMatch(/does not exist/);
    expect(await a.refusal("POST", "pgroup/g")).toMatch(/has been destroyed/);
    await a.done("DELETE", "pgroup/g", { eradicate: true });
    expect(await a.refusal("DELETE", "pgroup/g")).toMatch(/does not exist/);
    expect(await a.refusal("PUT", "pgroup/g", { addvollist: ["v"] })).toMatch(/does not exist/);
  });

  it("makes a pod and stretches it as Cinder's driver does, again and again", async () => {
    await a.done("POST", "pod/cinder-pod");
    expect(await a.refusal("POST", "pod/cinder-pod")).toBe("400 Pod already exists. (cinder-pod)");
    expect(await a.refusal("POST", "pod/cinder-pod/array/array-b")).toMatch(/^400 Array is not connected/);
    const [link] = served.world.links;
    if (link) link.isSync = true;
    await a.done("POST", "pod/cinder-pod/array/array-b");
    expect(await a.refusal("POST", "pod/cinder-pod/array/array-b")).toMatch(/already exists/);
    await served.clock.advance(60_000);
    const { id } = await served.b.rest1.get("array");
    const pod = await served.b.rest1.get("pod/cinder-pod");
    expect(pod.arrays).toContainEqual(expect.objectContaining({ array_id: id, name: "array-b", status: "online" }));
    await a.done("POST", "volume/cinder-pod::v", { size: GIB });
    await a.done("POST", "pgroup/cinder-pod::g", { vollist: ["cinder-pod::v"] });
    expect(await served.b.rest1.get("pgroup/cinder-pod::g")).toMatchObject({ volumes: ["cinder-pod::v"] });
    await served.b.rest1.done("POST", "host/h", { iqnlist: ["iqn.9"] });
    await served.b.rest1.done("POST", "host/h/volume/cinder-pod::v");
    expect(await a.get("volume/cinder-pod::v/host", {})).toEqual([]);
    expect(await a.get("volume/cinder-pod::v/host", { remote: true })).toMatchObject([{ host: "array-b:h" }]);
    await a.done("DELETE", "host/array-b:h/volume/cinder-pod::v");
    expect(await a.refusal("DELETE", "pod/cinder-pod")).toMatch(/while it is stretched/);
  });

  it("shows what the other family made, and keeps the sessions of the two apart", async () => {
    await served.a.rest2.items("POST", "volumes?names=two", { provisioned: GIB });
    await a.done("POST", "volume/one", { size: GIB });
    const [two] = await served.a.rest2.items("GET", "volumes?names=two");
    expect((await a.get("volume/two")).serial).toBe(two.serial);
    expect((await served.a.rest2.items("GET", "volumes")).map(({ name }) => name)).toEqual(["two", "one"]);
    const { sessions, service } = served.world.array("array-a");
    const cookie = `session=${sessions.logIn("rest2", "token-a")}`;
    const request = {
      method: "GET",
      path: "/api/1.19/array",
      query: new URLSearchParams(),
      headers: { cookie },
      body: "",
    };
    expect((await service.handle(request)).status).toBe(401);
  });
});
