import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findFreePort } from "@protector/simulator";
import { afterEach, beforeEach, expect, test } from "vitest";
import { runSandbox } from "./run-sandbox.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sandbox-test-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface RunSettings {
  readonly port?: number;
  readonly signal?: AbortSignal;
  readonly onText?: (text: string) => void;
}

async function run(args: readonly string[], settings: RunSettings = {}) {
  const text = { stdout: "", stderr: "" };
  const into = (name: keyof typeof text) => ({
    write: (part: string) => {
      text[name] += part;
      settings.onText?.(text[name]);
    },
  });
  const code = await runSandbox({
    args,
    stdout: into("stdout"),
    stderr: into("stderr"),
    env: { HOME: folder },
    interrupt: settings.signal ?? new AbortController().signal,
    apiPorts: [settings.port ?? (await findFreePort("127.0.0.1")), await findFreePort("127.0.0.1")],
  });
  return { code, ...text };
}

test("a planned failover over real HTTP moves every server and loses no write", async () => {
  const { code, stdout, stderr } = await run(["--exit", "--json", "--keep", join(folder, "kept")]);
  expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
  const report = JSON.parse(stdout);
  expect(report).toMatchObject({
    scenario: "planned-failover",
    status: "completed",
    running_on: "site-b",
    writes_lost: 0,
    rpo_seconds: 0,
  });
  expect(report.members.map((member: { name: string }) => member.name)).toEqual(["db-01", "app-01", "web-01"]);
  for (const member of report.members) expect(member.writes).toBeGreaterThan(0);
  expect(report.rto_seconds).toBeGreaterThan(0);
  expect(readdirSync(join(folder, "kept"))).toContain("clouds.yaml");
}, 180_000);

test("with its site lost every server comes up at the other, and what it lost is told", async () => {
  const { code, stdout, stderr } = await run(["--scenario", "unplanned-failover", "--exit", "--json"]);
  expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
  const report = JSON.parse(stdout);
  expect(report).toMatchObject({ scenario: "unplanned-failover", status: "completed", running_on: "site-b" });
  expect(report.writes_lost).toBeGreaterThan(0);
  expect(report.rpo_seconds).toBeGreaterThan(0);
  expect(report.rto_seconds).toBeGreaterThan(0);
  for (const member of report.members) expect(member.writes - member.writes_lost).toBeGreaterThan(0);
}, 180_000);

test("a whole site comes over without it, group by group in the order of the plan", async () => {
  const { code, stdout, stderr } = await run(["--scenario", "site-failover", "--exit", "--json"]);
  expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
  const report = JSON.parse(stdout);
  expect(report).toMatchObject({ scenario: "site-failover", status: "completed", running_on: "site-b" });
  expect(report.groups.map(({ name, status }: Record<string, string>) => [name, status])).toEqual([
    ["db", "completed"],
    ["app", "completed"],
    ["web", "completed"],
  ]);
  for (const member of report.members) expect(member.writes - member.writes_lost).toBeGreaterThan(0);
}, 180_000);

test("a test failover leaves production running and site-b as it was", async () => {
  const { code, stdout, stderr } = await run(["--scenario", "test-failover", "--exit", "--json"]);
  expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
  const report = JSON.parse(stdout);
  expect(report).toMatchObject({
    scenario: "test-failover",
    status: "completed",
    running_on: "site-a",
    writes_lost: 0,
  });
  expect(report.copies.map(({ name }: { name: string }) => name)).toEqual(["db-01-test", "app-01-test", "web-01-test"]);
  for (const copy of report.copies) expect(copy.writes_found).toBeGreaterThan(0);
  expect(report.rto_seconds).toBeGreaterThan(0);
}, 180_000);

test.each([
  ["failback", 1],
  ["full-cycle", 2],
])(
  "%s: the same servers come home with every write, and nothing is left at site-b",
  async (scenario, cycles) => {
    const { code, stdout, stderr } = await run(["--scenario", scenario, "--servers", "1", "--exit", "--json"]);
    expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({
      scenario,
      status: "completed",
      running_on: "site-a",
      writes_lost: 0,
      cycles,
      left: [],
    });
    for (const member of report.members) {
      expect(member.is_same_server).toBe(true);
      expect(member.writes).toBeGreaterThan(0);
    }
  },
  240_000,
);

test.each([
  ["while it waits", "none", "runs until Ctrl-C"],
  ["in the midst of a command", "planned-failover", "$ protector protection-group policy-create"],
])(
  "Ctrl-C %s ends it and leaves no folder behind",
  async (_when, scenario, said) => {
    const interrupt = new AbortController();
    const before = sandboxFolders();
    const onText = (text: string) => text.includes(said) && interrupt.abort(new Error("interrupted"));
    const { code } = await run(["--scenario", scenario], { signal: interrupt.signal, onText });
    expect(code).toBe(scenario === "none" ? 0 : 130);
    expect(sandboxFolders()).toEqual(before);
  },
  60_000,
);

test("a port that is taken is named", async () => {
  const other = createServer();
  const port = await findFreePort("127.0.0.1");
  await new Promise<void>((listening) => other.listen(port, "127.0.0.1", listening));
  try {
    const { code, stdout } = await run(["--exit"], { port });
    expect(code).toBe(1);
    expect(stdout).toContain(`Port ${port} of 127.0.0.1 is in use`);
  } finally {
    other.close();
  }
});

function sandboxFolders(): readonly string[] {
  return readdirSync(tmpdir()).filter((name) => name.startsWith("protector-sandbox-"));
}
