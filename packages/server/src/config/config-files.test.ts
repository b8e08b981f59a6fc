import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findConfigFiles } from "./config-files.ts";

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "protector-config-"));
});
afterEach(() => rmSync(home, { recursive: true }));

test("files and directories that are named stand alone, directories last and sorted", () => {
  writeFileSync(join(home, "protector.conf"), "");
  const directory = join(home, "d");
  mkdirSync(directory);
  for (const name of ["20-b.conf", "10-a.conf", "notes.txt"]) writeFileSync(join(directory, name), "");
  expect(findConfigFiles({ files: ["one.conf", "two.conf"], directories: [directory], home })).toEqual([
    "one.conf",
    "two.conf",
    join(directory, "10-a.conf"),
    join(directory, "20-b.conf"),
  ]);
});

test("otherwise the first place that has one counts", () => {
  writeFileSync(join(home, "protector.conf"), "");
  expect(findConfigFiles({ files: [], directories: [], home })[0]).toBe(join(home, "protector.conf"));
  mkdirSync(join(home, ".protector", "protector.conf.d"), { recursive: true });
  writeFileSync(join(home, ".protector", "protector.conf"), "");
  writeFileSync(join(home, ".protector", "protector.conf.d", "x.conf"), "");
  expect(findConfigFiles({ files: [], directories: [], home })).toEqual([
    join(home, ".protector", "protector.conf"),
    join(home, ".protector", "protector.conf.d", "x.conf"),
  ]);
});
