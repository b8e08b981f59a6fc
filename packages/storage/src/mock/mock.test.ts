import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { seededRandom, VirtualClock } from "@protector/ports";
import { afterEach, describe, expect, it } from "vitest";
import { DISKS, failureOf, GIB, GROUP, layOutDisks, protect, replicate } from "../array-pair.ts";
import { describeStorageDriver } from "../driver-suite.ts";
import { mockDriver } from "./index.ts";
import { makeMockPair } from "./test-pair.ts";

const directories: string[] = [];
const makePair = () => makeMockPair(directories);

afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

describeStorageDriver("mock", makePair, "files");

describe("a mock array", () => {
  it("knows the volumes it was told of, and their new sizes", async () => {
    const pair = makePair();
    const { array } = pair.source;
    expect(array.holdsData).toBe(false);
    await array.enrol([{ name: "volume-1", bytes: GIB }]);
    await array.enrol([
      { name: "volume-1", bytes: 2 * GIB },
      { name: "volume-2", bytes: GIB },
    ]);
    const found = await array.findVolumes(["volume-1", "volume-2"]);
    expect(found.map(({ name, bytes }) => [name, bytes])).toEqual([
      ["volume-1", 2 * GIB],
      ["volume-2", GIB],
    ]);
  });

  it("is the same for every process that opens its directory", async () => {
    const pair = makePair();
    await pair.source.array.ensureMarker({
      groupId: "0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0",
      epoch: 2,
      holder: undefined,
    });
    const other = mockDriver({
      directory: directories[0] ?? "",
      arrays: [],
      clock: pair.clock,
      random: seededRandom(9),
    });
    const array = other.connect({ url: "mock://array-a", apiToken: "", tls: {} });
    expect(await array.identify()).toEqual(await pair.source.array.identify());
    expect(await array.findVolume("protector-0b1c2d3e4f50-e2-idle")).toBeDefined();
  });

  it("tells whose data a clone stands for, and writes none of it", async () => {
    const pair = makePair();
    await pair.clock.run(
      (async () => {
        layOutDisks(pair);
        await protect(pair);
        await replicate(pair, "p-1");
        const source = { group: GROUP, array: pair.source.model.name };
        await pair.target.array.ensureClone({ source, suffix: "p-1", sourceVolume: DISKS[0], name: "protector-c-1" });
      })(),
    );
    expect(readFileSync(join(directories[0] ?? "", "array-b.sqlite")).length).toBeLessThan(100_000);
  });

  it("says which file cannot be used, and that a person has to cure it", async () => {
    const directory = directories[directories.push(makePair() && (directories[0] ?? "")) - 1] ?? "";
    mkdirSync(join(directory, "array-c.sqlite"));
    const driver = mockDriver({ directory, arrays: [], clock: new VirtualClock(0), random: seededRandom(1) });
    const failure = await failureOf(driver.connect({ url: "mock://array-c", apiToken: "", tls: {} }).identify());
    expect(failure.failureClass).toBe("needs_operator");
    expect(failure.detail).toContain("array-c.sqlite cannot be used");
  });
});
