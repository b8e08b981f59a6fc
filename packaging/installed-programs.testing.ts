import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, expect, it } from "vitest";
import { PROGRAM_NAMES, type ProgramName, readRelease } from "./release.ts";

/** How a program of an unpacked package is started: words of the command line, without its arguments. */
export type CommandOf = (name: ProgramName) => readonly [string, ...string[]];

/** Only what a service of systemd gets, so that nothing of the checkout helps. */
const ENVIRONMENT = { PATH: "/usr/local/bin:/usr/bin:/bin", LANG: "C.UTF-8" };

/** What every package must do once it is unpacked. */
export function describeInstalledPrograms(commandOf: CommandOf): void {
  const folder = mkdtempSync(join(tmpdir(), "protector-installed-"));
  const conf = join(folder, "protector.conf");
  const children: ChildProcess[] = [];
  const run = (name: ProgramName, ...args: readonly string[]) => {
    const [program, ...words] = commandOf(name);
    return spawnSync(program, [...words, ...args], { encoding: "utf8", env: ENVIRONMENT, cwd: "/" });
  };
  const start = (name: ProgramName, isUp: RegExp) => {
    const [program, ...words] = commandOf(name);
    const args = [...words, "--config-file", conf];
    const child = spawn(program, args, { env: ENVIRONMENT, cwd: "/", stdio: ["ignore", "ignore", "pipe"] });
    children.push(child);
    return lineOf(child, isUp).then((line) => ({ child, line }));
  };

  beforeAll(() => {
    mkdirSync(join(folder, "log"));
    writeFileSync(conf, configuration(folder));
  });
  afterAll(() => {
    for (const child of children) child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  });

  it.each(PROGRAM_NAMES)("has %s, which tells its version and its options", (name) => {
    expect(run(name, "--version")).toMatchObject({ stdout: `${name} ${readRelease().version}\n`, status: 0 });
    expect(run(name, "--help")).toMatchObject({ stdout: expect.stringMatching(`^Usage: ${name} `), status: 0 });
  });

  it("makes the schema with protector-manage db sync", () => {
    expect(run("protector-manage", "--config-file", conf, "db", "sync")).toMatchObject({
      stdout: expect.stringContaining("Site id: "),
      status: 0,
    });
  });

  it("serves the API with workers, named so that netstat and ps show it", async () => {
    const { child, line } = await start("protector-api", /API listens url=/);
    const url = /url=(\S+)/.exec(line)?.[1] ?? "";
    const answer = await fetch(url);
    expect(await answer.json()).toMatchObject({ versions: [{ id: "v1.0", status: "CURRENT" }] });
    expect(titleOf(child.pid)).toBe("protector-api");
    expect(childrenOf(child.pid).map(titleOf)).toContainEqual(expect.stringMatching(/^protector-api: worker \d$/));
    await ends(child);
    expect(readFileSync(join(folder, "log/protector-api.log"), "utf8")).toContain("Service stops");
  });

  it("runs the engine", async () => {
    const { child } = await start("protector-engine", /Engine runs/);
    expect(titleOf(child.pid)).toBe("protector-engine");
    await ends(child);
  });
}

function configuration(folder: string): string {
  return `[DEFAULT]
log_dir = ${folder}/log
state_path = ${folder}/state
transport_url = none://
[api]
bind_host = 127.0.0.1
bind_port = 0
workers = 2
[database]
connection = sqlite:///${folder}/protector.sqlite
[keystone_authtoken]
auth_url = http://127.0.0.1:1
username = protector
password = unused
project_name = service
`;
}

/** The first line of standard error that matches; fails with all of it when there is none. */
async function lineOf(child: ChildProcess, wanted: RegExp): Promise<string> {
  const seen: string[] = [];
  if (child.stderr === null) throw new Error("no standard error");
  for await (const line of createInterface({ input: child.stderr })) {
    if (wanted.test(line)) {
      child.stderr.resume();
      return line;
    }
    seen.push(line);
  }
  throw new Error(`Ended without ${wanted}:\n${seen.join("\n")}`);
}

async function ends(child: ChildProcess): Promise<void> {
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  expect(await ended).toEqual([0, null]);
}

/** The command line as netstat and ps read it. */
function titleOf(pid: number | undefined): string {
  return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
}

function childrenOf(pid: number | undefined): readonly number[] {
  const folders = readdirSync(`/proc/${pid}/task`);
  return folders
    .flatMap((task) => readFileSync(`/proc/${pid}/task/${task}/children`, "utf8").split(" "))
    .filter((text) => text !== "")
    .map(Number);
}
