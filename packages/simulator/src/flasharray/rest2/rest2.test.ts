import { beforeEach, describe, expect, it } from "vitest";
import { type TwoArrays, twoArrays } from "./test-client.ts";

const GIB = 2 ** 30;

describe("the REST interface of a simulated FlashArray", () => {
  let world: TwoArrays;
  beforeEach(async () => {
    world = await twoArrays();
  });
  const create = (...names: string[]) => world.a.send("POST", `volumes?names=${names}`, { provisioned: GIB });
  const names = async (path: string) => (await world.a.items(path)).map((item) => item.name);

  it("announces ascending versions of both APIs without login", async () => {
    const answer = await world.a.raw("GET", "/api/api_version", { headers: {} });
    expect(answer.body.version.slice(0, 2)).toEqual(["1.0", "1.1"]);
    expect(answer.body.version.slice(-3)).toEqual(["2.24", "2.25", "2.26"]);
    expect(answer.body.version).not.toContain("2.12");
  });

  it("answers 404 for versions and paths that it does not have", async () => {
    for (const path of [
      "/api/2.27/volumes",
      "/api/2.12/volumes",
      "/api/3.0/volumes",
      "/api/2.26/pod-replica-links",
      "/",
    ]) {
      expect((await world.a.raw("GET", path, { headers: { "x-auth-token": world.a.token } })).status).toBe(404);
    }
  });

  it("lets in the right token only and keeps a session until it was idle for too long", async () => {
    world = await twoArrays({ idleTimeoutMs: 3_600_000 });
    expect((await world.a.logIn("wrong")).status).toBe(401);
    expect((await world.a.send("GET", "volumes")).status).toBe(200);
    await world.clock.advance(3_599_000);
    expect((await world.a.send("GET", "volumes")).status).toBe(200);
    await world.clock.advance(3_599_000);
    expect((await world.a.send("GET", "volumes")).status).toBe(200);
    await world.clock.advance(3_601_000);
    expect((await world.a.send("GET", "volumes")).status).toBe(401);
    await world.a.logIn();
    await world.a.send("POST", "logout");
    expect((await world.a.send("GET", "volumes")).status).toBe(401);
  });

  it("echoes the request id", async () => {
    const headers = { "x-auth-token": world.a.token, "x-request-id": "my-id" };
    expect((await world.a.raw("GET", "/api/2.4/volumes", { headers })).headers["x-request-id"]).toBe("my-id");
  });

  it("knows nothing that is younger than the version of the path", async () => {
    world.a.version = "2.15";
    expect(
      await world.a.refusal("POST", "volumes?names=v&with_default_protection=false", { provisioned: GIB }),
    ).toMatch(/^400 Unknown query parameter/);
    expect(await world.a.refusal("GET", "container-default-protections")).toMatch(/^404/);
    await world.a.send("POST", "protection-groups?names=pg");
    expect((await world.a.items("protection-groups"))[0]).not.toHaveProperty("id");
    expect(await world.a.refusal("GET", "protection-groups?ids=x")).toMatch(/^400/);
    world.a.version = "2.26";
    expect((await world.a.items("protection-groups"))[0]).toHaveProperty("id");
    world.a.version = "2.3";
    expect(await world.a.refusal("GET", "array-connections")).toMatch(/^404/);
    const snapshot = "protection-group-snapshots?source_names=pg&replicate_now=true";
    expect(await world.a.refusal("POST", snapshot)).toMatch(/^400/);
    world.a.version = "2.0";
    expect(await world.a.refusal("GET", "protection-groups")).toMatch(/^404/);
  });

  it("refuses unknown parameters, wrong values and unknown members of bodies", async () => {
    expect(await world.a.refusal("GET", "volumes?name=x")).toMatch(/^400/);
    expect(await world.a.refusal("GET", "volumes?destroyed=True")).toMatch(/^400/);
    expect(await world.a.refusal("GET", "volumes?limit=x")).toMatch(/^400/);
    expect(await world.a.refusal("POST", "volumes?names=v", { size: GIB })).toMatch(/^400/);
    expect(await world.a.refusal("POST", "volumes?names=v", { provisioned: "1" })).toMatch(/^400/);
    expect(await world.a.refusal("PUT", "volumes")).toMatch(/^405/);
  });

  it("lists live and destroyed objects together unless it is told which", async () => {
    await create("one", "two");
    await world.a.send("PATCH", "volumes?names=two", { destroyed: true });
    expect(await names("volumes")).toEqual(["one", "two"]);
    expect(await names("volumes?destroyed=false")).toEqual(["one"]);
    expect(await names("volumes?destroyed=true")).toEqual(["two"]);
  });

  it("matches names without regard to case, with wildcards, and fails as a whole when one is missing", async () => {
    await create("Alpha", "beta");
    expect(await names("volumes?names=ALPHA,Beta")).toEqual(["Alpha", "beta"]);
    expect(await names("volumes?names=al*")).toEqual(["Alpha"]);
    expect(await world.a.refusal("GET", "volumes?names=alpha,gamma")).toBe("400 Volume does not exist.");
    expect(await world.a.refusal("POST", "volumes?names=ALPHA", { provisioned: GIB })).toBe(
      "400 Volume already exists.",
    );
  });

  it("pages by offset and by token, counts, and gives no token with a sort", async () => {
    await create("c", "a", "b");
    const first = (await world.a.send("GET", "volumes?limit=2&total_item_count=true")).body;
    expect(first).toMatchObject({ more_items_remaining: true, total_item_count: 3 });
    expect((await world.a.items(`volumes?limit=2&continuation_token=${first.continuation_token}`))[0]?.name).toBe("b");
    const sorted = (await world.a.send("GET", "volumes?limit=2&sort=name-")).body;
    expect(sorted).toMatchObject({ more_items_remaining: true, continuation_token: null, total_item_count: null });
    expect(sorted.items.map((item) => item.name)).toEqual(["c", "b"]);
    expect(await names("volumes?offset=2&limit=2&sort=name")).toEqual(["c"]);
    expect((await world.a.send("GET", "volumes?total_only=true")).body).toMatchObject({
      items: [],
      total_item_count: 3,
    });
  });

  it("keeps the name of a destroyed volume taken until it is eradicated", async () => {
    await create("v");
    await world.a.send("PATCH", "volumes?names=v", { destroyed: true });
    const [gone] = await world.a.items("volumes?destroyed=true");
    expect(gone.time_remaining).toBe(86_400_000);
    expect(await world.a.refusal("POST", "volumes?names=v", { provisioned: GIB })).toMatch(/^400 .*has been destroyed/);
    expect(await world.a.refusal("PATCH", "volumes?names=v", { provisioned: 2 * GIB })).toMatch(/has been destroyed/);
    await world.a.send("PATCH", "volumes?names=v", { destroyed: false });
    await world.a.send("PATCH", "volumes?names=v", { destroyed: true });
    await world.clock.advance(86_400_001);
    expect(await world.a.items("volumes")).toEqual([]);
    expect((await create("v")).status).toBe(200);
  });

  it("eradicates by hand only what is destroyed, and nothing under SafeMode", async () => {
    await create("v");
    expect(await world.a.refusal("DELETE", "volumes?names=v")).toMatch(/^400/);
    await world.a.send("PATCH", "volumes?names=v", { destroyed: true });
    world.a.array.model.isSafeMode = true;
    const refused = await world.a.send("DELETE", "volumes?names=v");
    expect(refused.body).toEqual({ errors: [{ context: null, message: "Eradication is disabled." }] });
    expect((await world.a.items("arrays"))[0].eradication_config.manual_eradication).toBe("all-disabled");
    world.a.array.model.isSafeMode = false;
    expect(await world.a.send("DELETE", "volumes?names=v")).toMatchObject({ status: 200, body: undefined });
  });

  it("checks sizes and names", async () => {
    for (const provisioned of [1024, 2 ** 20 + 1, 2 ** 52 + 512]) {
      expect(await world.a.refusal("POST", "volumes?names=v", { provisioned })).toMatch(/^400 Invalid size/);
    }
    for (const name of ["with.dot", "-x", "x".repeat(64)]) {
      expect(await world.a.refusal("POST", `volumes?names=${name}`, { provisioned: GIB })).toMatch(/^400 Invalid name/);
    }
  });

  it("gives clones a serial of their own, keeps it on overwrite, and names the originating volume as source", async () => {
    await create("v");
    await world.a.send("POST", "volume-snapshots?source_names=v", { suffix: "s1" });
    const clone = (await world.a.send("POST", "volumes?names=c", { source: { name: "v.s1" } })).body.items[0];
    const [volume] = await world.a.items("volumes?names=v");
    expect(clone.serial).not.toBe(volume.serial);
    expect(clone.source).toEqual({ id: volume.id, name: "v" });
    const after = await world.a.send("POST", "volumes?names=c&overwrite=true", { source: { name: "v" } });
    expect(after.body.items[0]).toMatchObject({ id: clone.id, serial: clone.serial });
    const mixed = "volumes?names=c&overwrite=true&with_default_protection=false";
    expect(await world.a.refusal("POST", mixed, { source: { name: "v" } })).toMatch(/^400/);
  });

  it("puts new volumes into the default protection groups unless the caller declines", async () => {
    world.a.array.model.setDefaultProtection(["safe"], { isLocked: true });
    await create("bitten");
    await world.a.send("POST", "volumes?names=free&with_default_protection=false", { provisioned: GIB });
    const members = await world.a.items("protection-groups/volumes?group_names=safe");
    expect(members.map((row) => row.member.name)).toEqual(["bitten"]);
    const removal = "protection-groups/volumes?group_names=safe&member_names=bitten";
    expect(await world.a.refusal("DELETE", removal)).toMatch(/^400/);
    await world.a.send("PATCH", "volumes?names=bitten", { destroyed: true });
    expect(await world.a.refusal("DELETE", "volumes?names=bitten")).toBe("400 Eradication is disabled.");
    const [container] = await world.a.items("container-default-protections");
    expect(container.default_protections[0].name).toBe("safe");
  });

  it("connects hosts, lowest LUN first, and guards initiators and connected hosts", async () => {
    await create("v", "w");
    await world.a.send("POST", "hosts?names=h", { iqns: ["iqn.1"] });
    expect(await world.a.refusal("POST", "hosts?names=i", { iqns: ["iqn.1"] })).toMatch(/already in use/);
    await world.a.send("POST", "connections?host_names=h&volume_names=v,w", {});
    expect((await world.a.items("connections?host_names=h")).map((row) => row.lun)).toEqual([1, 2]);
    expect(await world.a.refusal("POST", "connections?host_names=h&volume_names=v", {})).toMatch(/already exists/);
    expect(await world.a.refusal("DELETE", "hosts?names=h")).toMatch(/existing connections/);
    expect((await world.a.items("volumes?names=v"))[0].connection_count).toBe(1);
    await world.a.send("DELETE", "connections?host_names=h&volume_names=v,w");
    expect(await world.a.refusal("DELETE", "connections?host_names=h&volume_names=v")).toBe(
      "400 Connection does not exist.",
    );
    expect((await world.a.send("DELETE", "hosts?names=h")).status).toBe(200);
  });

  it("lets a role without rights read only", async () => {
    world.a.array.sessions.isReadOnly = true;
    expect((await world.a.send("GET", "volumes")).status).toBe(200);
    expect(await world.a.refusal("POST", "volumes?names=v", { provisioned: GIB })).toMatch(/^403/);
  });
});
