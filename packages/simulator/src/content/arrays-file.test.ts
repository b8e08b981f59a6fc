import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serialize } from "node:v8";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ServedArrays, type ServedOptions, servedArrays } from "../flasharray/rest1/test-client.ts";
import { ArraysFile } from "./arrays-file.ts";
import { FileBytes } from "./file-bytes.ts";

const GIB = 2 ** 30;
const LATER = Date.UTC(2026, 0, 5, 12);

describe("arrays that remember over a loss of power", () => {
  let directory: string;
  let served: ServedArrays;
  const file = () => join(directory, "arrays.state");
  const start = async (options: ServedOptions = {}) => {
    const [bytes, memory] = [new FileBytes(directory), new ArraysFile(file())];
    served = await servedArrays({ bytes, memory, ...options });
    return { a: served.a.rest1, b: served.b.rest1 };
  };
  const startAgain = async () => {
    await served.stop();
    return start({ startsAt: LATER, seed: 4 });
  };
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "protector-arrays-"));
  });
  afterEach(async () => {
    await served.stop();
    rmSync(directory, { recursive: true });
  });

  it("know their volumes, snapshots, hosts and what is destroyed, and number on without reuse", async () => {
    const { a } = await start();
    const v = await a.done("POST", "volume/v", { size: GIB });
    await a.done("POST", "volume", { source: ["v"], snap: true, suffix: "s" });
    await a.done("POST", "host/h", { iqnlist: ["iqn.1"] });
    await a.done("POST", "host/h/volume/v", { lun: 7 });
    await a.done("POST", "volume/gone", { size: GIB });
    await a.done("DELETE", "volume/gone");
    const before = served.world.describe().arrays;
    const { id } = await a.get("array");
    const again = (await startAgain()).a;
    expect(served.world.describe().arrays).toEqual(before);
    expect((await again.get("array")).id).toBe(id);
    expect(await again.get("volume/v")).toEqual(v);
    expect(await again.get("host/h/volume")).toMatchObject([{ vol: "v", lun: 7 }]);
    expect((await again.get("volume/gone", { pending: true })).time_remaining).toBe(43_200);
    const w = await again.done("POST", "volume/w", { size: GIB });
    expect(readdirSync(join(directory, "array-a"))).toContain(`${w.serial}.raw`);
    expect(readdirSync(join(directory, "array-a"))).toHaveLength(4);
    await again.done("PUT", "volume/v", { name: "renamed" });
    expect(await again.get("volume/renamed", { snap: true })).toMatchObject([{ name: "renamed.s" }]);
  });

  it("go on replicating: what was under way arrives, and missed intervals are not made up for", async () => {
    const { a, b } = await start();
    await a.done("POST", "volume/v", { size: GIB });
    await a.done("POST", "pgroup/pg", { vollist: ["v"] });
    await a.done("PUT", "pgroup/pg", { addtargetlist: ["array-b"] });
    await served.clock.advance(10_000);
    await b.done("PUT", "pgroup/array-a:pg", { allowed: true });
    await a.done("PUT", "pgroup/pg", { replicate_frequency: 3600, replicate_enabled: true });
    await a.done("POST", "pgroup/local", { vollist: ["v"] });
    await a.done("PUT", "pgroup/local", { snap_frequency: 3600, snap_enabled: true });
    await served.clock.advance(500);
    const rows = (array: typeof b) => array.get("pgroup/array-a:pg", { snap: true, transfer: true });
    expect(await rows(b)).toMatchObject([{ name: "array-a:pg.1", completed: null }]);
    const again = await startAgain();
    await served.clock.advance(4000);
    expect(await rows(again.b)).toMatchObject([
      { name: "array-a:pg.1", progress: 1 },
      { name: expect.stringMatching(/^array-a:pg\.\d$/), created: "2026-01-05T12:00:01Z", progress: 1 },
    ]);
    expect(await again.a.get("pgroup/local", { snap: true })).toHaveLength(2);
    await again.b.done("POST", "volume/copy", { source: "array-a:pg.1.v" });
    expect(served.world.problems).toEqual([]);
  });

  it("know their pods and which half is behind, and catch up after it", async () => {
    const { a } = await start();
    const model = (name: string) => served.world.array(name).model;
    const statuses = async () => {
      const { arrays } = await served.b.rest1.get("pod/p");
      return arrays as readonly { readonly status: string }[];
    };
    for (const link of served.world.links) link.isSync = true;
    model("array-a").ensureStretchedPod("p", "array-b");
    await a.done("POST", "volume/p::v", { size: GIB });
    for (const link of served.world.links) link.isUp = false;
    await a.done("POST", "volume/p::w", { size: GIB });
    const before = served.world.describe().arrays;
    expect(before.map(({ volumes }) => volumes.length)).toEqual([2, 1]);
    await startAgain();
    // The link comes back with the power.
    expect(await statuses()).toMatchObject([{ status: "online" }, { status: "resyncing" }]);
    await served.clock.advance(60_000);
    expect(await statuses()).toMatchObject([{ status: "online" }, { status: "online" }]);
    expect(served.world.describe().arrays.map(({ volumes }) => volumes.length)).toEqual([2, 2]);
    expect(readdirSync(join(directory, "array-a"))).toHaveLength(2);
    expect(readdirSync(join(directory, "array-b"))).toHaveLength(0);
  });

  it("have it on disk before they answer", async () => {
    const { a } = await start();
    await a.done("POST", "volume/v", { size: GIB });
    const [remembered] = new ArraysFile(file()).read();
    expect(remembered?.own.volumes.map(({ name }) => name)).toEqual(["v"]);
    const before = readFileSync(file());
    await a.get("volume/v");
    expect(readFileSync(file()).equals(before)).toBe(true);
  });

  it("refuse to start with a file that is none of theirs", async () => {
    await start();
    for (const content of ["{}", serialize({ format: "of-another-day", arrays: [] })]) {
      writeFileSync(file(), content);
      expect(() => new ArraysFile(file()).read()).toThrow("holds no simulated arrays");
    }
  });
});
