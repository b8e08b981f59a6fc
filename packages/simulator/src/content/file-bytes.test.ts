import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ServedArray, type ServedArrays, servedArrays } from "../flasharray/rest1/test-client.ts";
import { FileBytes } from "./file-bytes.ts";

const GIB = 2 ** 30;

describe("volumes whose bytes are files", () => {
  let directory: string;
  let served: ServedArrays;
  let a: ServedArray;
  let b: ServedArray;
  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), "protector-bytes-"));
    served = await servedArrays({ bytes: new FileBytes(directory), eradicationDelayMs: 600_000 });
    ({ a, b } = served);
  });
  afterEach(async () => {
    await served.stop();
    rmSync(directory, { recursive: true });
  });

  const path = (array: string, { serial }: { serial: string }) => join(directory, array, `${serial}.raw`);
  const write = async (file: string, text: string, position = 0) => {
    const handle = await open(file, "r+");
    await handle.write(text, position);
    await handle.close();
  };
  const read = async (file: string, length: number, position = 0) => {
    const handle = await open(file, "r");
    const { buffer } = await handle.read(Buffer.alloc(length), 0, length, position);
    await handle.close();
    return buffer.toString();
  };
  const create = async (name: string) => path("array-a", await a.rest1.done("POST", `volume/${name}`, { size: GIB }));

  it("begin as sparse zeros of the volume's size that every user may write", async () => {
    const file = await create("v");
    expect(statSync(file)).toMatchObject({ size: GIB, blocks: 0 });
    expect(statSync(file).mode & 0o777).toBe(0o666);
    expect(statSync(join(directory, "array-a")).mode & 0o777).toBe(0o777);
    await a.rest1.done("PUT", "volume/v", { size: 3 * GIB });
    expect(statSync(file).size).toBe(3 * GIB);
  });

  it("stay in a snapshot as they were, go into its clone, and come back by overwriting", async () => {
    const file = await create("v");
    await write(file, "before", 5 * 2 ** 20);
    const [snapshot] = await a.rest2.items("POST", "volume-snapshots?source_names=v", { suffix: "s" });
    await write(file, "after!", 5 * 2 ** 20);
    expect(await read(path("array-a", snapshot), 6, 5 * 2 ** 20)).toBe("before");
    const clone = path("array-a", await a.rest1.done("POST", "volume/c", { source: "v.s" }));
    expect(await read(clone, 6, 5 * 2 ** 20)).toBe("before");
    expect(statSync(clone)).toMatchObject({ size: GIB });
    expect(statSync(clone).blocks).toBeLessThan(64);
    expect(statSync(clone).mode & 0o777).toBe(0o666);
    await write(clone, "other!", 5 * 2 ** 20);
    expect(await read(file, 6, 5 * 2 ** 20)).toBe("after!");
    await a.rest1.done("POST", "volume/v", { source: "v.s", overwrite: true });
    expect(await read(file, 6, 5 * 2 ** 20)).toBe("before");
  });

  it("count as zeros where a file is short or missing", async () => {
    const file = await create("v");
    writeFileSync(file, "short");
    const clone = path("array-a", await a.rest1.done("POST", "volume/c", { source: "v" }));
    expect(statSync(clone).size).toBe(GIB);
    expect(await read(clone, 7)).toBe("short\0\0");
    rmSync(file);
    await a.rest1.done("POST", "volume/c", { source: "v", overwrite: true });
    expect(statSync(clone)).toMatchObject({ size: GIB, blocks: 0 });
  });

  it("of all members go into a group's snapshot, over the wire, and into clones on the target", async () => {
    const [v, w] = [await create("v"), await create("w")];
    await write(v, "volume v");
    await write(w, "volume w");
    await a.rest2.items("POST", "protection-groups?names=pg");
    await a.rest2.items("POST", "protection-groups/volumes?group_names=pg&member_names=v,w");
    await a.rest2.items("POST", "protection-groups/targets?group_names=pg&member_names=array-b");
    await served.clock.advance(60_000);
    await b.rest2.items("PATCH", "protection-groups/targets?group_names=array-a:pg", { allowed: true });
    const now = "protection-group-snapshots?source_names=pg&replicate_now=true";
    await a.rest2.items("POST", now, { suffix: "one" });
    await write(v, "too late");
    await served.clock.advance(60_000);
    const copies = await Promise.all(
      ["v", "w"].map(async (name) => {
        const body = { source: { name: `array-a:pg.one.${name}` } };
        const [copy] = await b.rest2.items("POST", `volumes?names=copy-${name}`, body);
        return read(path("array-b", copy), 8);
      }),
    );
    expect(copies).toEqual(["volume v", "volume w"]);
    expect((await b.rest1.get("volume/copy-v")).size).toBe(GIB);
  });

  it("are cut on time by a schedule though nobody looks at the array", async () => {
    const file = await create("v");
    await a.rest1.done("POST", "pgroup/pg");
    await a.rest1.done("PUT", "pgroup/pg", { addvollist: ["v"] });
    await a.rest1.done("PUT", "pgroup/pg", { snap_frequency: 300, snap_enabled: true });
    await served.clock.advance(1000);
    await write(file, "early");
    await served.clock.advance(300_000);
    await write(file, "later");
    const parts = await a.rest1.rows("GET", "volume/v", { snap: true });
    const texts = await Promise.all(parts.map((part) => read(path("array-a", part), 5)));
    expect(texts).toEqual(["\0\0\0\0\0", "early"]);
  });

  it("are kept while the volume is destroyed and go with its eradication, by hand or by time", async () => {
    const [v, w] = [await create("v"), await create("w")];
    await write(v, "kept");
    await a.rest1.done("POST", "volume", { source: ["v"], snap: true, suffix: "s" });
    await a.rest1.done("DELETE", "volume/v");
    expect(await read(v, 4)).toBe("kept");
    expect(readdirSync(join(directory, "array-a"))).toHaveLength(3);
    await a.rest1.done("DELETE", "volume/v", { eradicate: true });
    expect(readdirSync(join(directory, "array-a"))).toEqual([w.slice(w.lastIndexOf("/") + 1)]);
    await a.rest2.items("PATCH", "volumes?names=w", { destroyed: true });
    await served.clock.advance(601_000);
    expect(readdirSync(join(directory, "array-a"))).toEqual([]);
  });
});
