import { spawnSync } from "node:child_process";
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { ARCHITECTURES, type Architecture, fetchNodeBinary, type NodeBinary } from "./node-binary.ts";
import { readRelease } from "./release.ts";
import { buildSingleExecutable } from "./single-executable.ts";

/** `e_machine` of an ELF header. Source: https://www.sco.com/developers/gabi/latest/ch4.eheader.html */
const MACHINES = { amd64: 62, arm64: 183 } as const;

const own: Architecture = process.arch === "arm64" ? "arm64" : "amd64";
const other: Architecture = own === "arm64" ? "amd64" : "arm64";
/** Runs programs for arm64 on another processor, with Debian's libraries for it. */
const EMULATOR = "/usr/bin/qemu-aarch64-static";
const LIBRARIES = "/usr/aarch64-linux-gnu";
const EMULATION =
  "built, but not run: apt-get install qemu-user-static libc6-arm64-cross libstdc++6-arm64-cross libatomic1-arm64-cross";

const release = readRelease();
const folder = mkdtempSync(join(tmpdir(), "protector-executable-"));
const otherNode = fetchOther();

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(process.platform !== "linux")("the single executable", { timeout: 180_000 }, () => {
  it("of this architecture runs where there is no Node.js, whatever NODE_OPTIONS says", async () => {
    const { executable, licences } = await build(own, { path: process.execPath, licence: "Licence of Node.js" });
    expect(executable).toBe(join(folder, `dist/protector-${release.version}-linux-${ARCHITECTURES[own]}`));
    expect(machineOf(executable)).toBe(MACHINES[own]);
    const env = { PATH: "/nowhere", NODE_OPTIONS: "--require /nowhere/else.js" };
    const run = (args: readonly string[], more = {}) =>
      spawnSync(executable, args, { encoding: "utf8", env: { ...env, ...more }, cwd: "/" });
    expect(run(["--version"])).toMatchObject({ status: 0, stderr: "", stdout: `protector ${release.version}\n` });
    expect(run(["protection-group", "list"])).toMatchObject({
      status: 2,
      stderr: "Error: No cloud is named. Use --os-cloud, or set OS_CLOUD or the OS_* variables.\n",
    });
    expect(run(["site", "list"], { OS_CLOUD: "near", OS_CLIENT_CONFIG_FILE: cloudsFile() })).toMatchObject({
      status: 6,
      stderr: expect.stringMatching(/Keystone of near does not answer: .*ECONNREFUSED/),
    });
    expect(readFileSync(licences, "utf8")).toMatch(/^commander \d.*^Licence of Node\.js/ms);
  });

  it("of the other architecture is an ELF program of that architecture", async (test) => {
    if (otherNode === undefined) return test.skip(`the Node.js of ${other} cannot be had from the registry`);
    const { executable } = await build(other, otherNode);
    expect(executable).toBe(join(folder, `dist/protector-${release.version}-linux-${ARCHITECTURES[other]}`));
    expect(machineOf(executable)).toBe(MACHINES[other]);
    const content = readFileSync(executable);
    expect(content.includes(readFileSync(join(folder, other, "protector.cjs")))).toBe(true);
    if (!existsSync(EMULATOR) || !existsSync(`${LIBRARIES}/lib/libatomic.so.1`)) return test.skip(EMULATION);
    const run = (...args: readonly string[]) =>
      spawnSync(EMULATOR, ["-L", LIBRARIES, executable, ...args], { encoding: "utf8", env: {}, cwd: "/" });
    expect(run("--version")).toMatchObject({ status: 0, stderr: "", stdout: `protector ${release.version}\n` });
    expect(run("protection-group", "list")).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/^Error: No cloud is named/),
    });
  });

  it("is not built with another Node.js than the one that is shipped", async () => {
    const old = { ...release, nodeVersion: "26.0.0" };
    const node = { path: process.execPath, licence: "" };
    const built = buildSingleExecutable({ release: old, architecture: own, node, work: folder, destination: folder });
    await expect(built).rejects.toThrow(`needs Node.js 26.0.0 to build with, and this is ${process.version}`);
  });
});

function build(architecture: Architecture, node: NodeBinary) {
  const places = { work: join(folder, architecture), destination: join(folder, "dist") };
  return buildSingleExecutable({ release, architecture, node, ...places });
}

/** From the registry or npm's cache; undefined without network, at once. */
function fetchOther(): NodeBinary | undefined {
  const retries = process.env.npm_config_fetch_retries;
  process.env.npm_config_fetch_retries = "0";
  try {
    const work = join(folder, "node");
    mkdirSync(work);
    return fetchNodeBinary(release.nodeVersion, other, work);
  } catch {
    return undefined;
  } finally {
    if (retries === undefined) delete process.env.npm_config_fetch_retries;
    else process.env.npm_config_fetch_retries = retries;
  }
}

function machineOf(path: string): number {
  const header = Buffer.alloc(20);
  const file = openSync(path, "r");
  readSync(file, header, 0, 20, 0);
  closeSync(file);
  expect(header.toString("latin1", 0, 4)).toBe("\x7fELF");
  return header.readUInt16LE(18);
}

/** A cloud on a port where nothing listens. */
function cloudsFile(): string {
  const path = join(folder, "clouds.yaml");
  const auth = "auth_url: http://127.0.0.1:1/v3, username: u, password: p, project_name: p";
  writeFileSync(path, `clouds: { near: { auth: { ${auth}, user_domain_name: D, project_domain_name: D } } }\n`);
  return path;
}
