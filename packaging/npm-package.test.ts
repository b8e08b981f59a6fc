import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { SMALL_YOUNG_GENERATION } from "../packages/server/src/main/small-heap.ts";
import { describeInstalledPrograms } from "./installed-programs.testing.ts";
import { buildNpmPackage } from "./npm-package.ts";
import { PROGRAM_NAMES, PROGRAMS, ROOT, readRelease } from "./release.ts";
import { runTool } from "./run-tool.ts";

const folder = mkdtempSync(join(tmpdir(), "protector-npm-"));
const release = readRelease();
const tarball = await buildNpmPackage(release, join(folder, "work"), join(folder, "dist"));
const prefix = join(folder, "prefix");
runTool("npm", ["install", "--global", "--prefix", prefix, "--offline", "--cache", join(folder, "cache"), tarball]);
const home = join(prefix, "lib/node_modules/protector");

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the npm package, installed without network", () => {
  describeInstalledPrograms((name) => [process.execPath, join(prefix, "bin", name)]);

  it("gives exactly the five commands, which start the Node.js of the path", () => {
    expect(readdirSync(join(prefix, "bin")).sort()).toEqual([...PROGRAM_NAMES].sort());
    const PATH = `${dirname(process.execPath)}:/usr/bin:/bin`;
    for (const name of PROGRAM_NAMES) {
      const { stdout } = spawnSync(join(prefix, "bin", name), ["--version"], { encoding: "utf8", env: { PATH } });
      expect(stdout).toBe(`${name} ${release.version}\n`);
    }
  });

  it("starts the engine with a small young generation, as its source does", () => {
    const firstLine = (path: string) => readFileSync(path, "utf8").split("\n")[0];
    const line = `#!/usr/bin/env -S node ${SMALL_YOUNG_GENERATION}`;
    expect(firstLine(join(prefix, "bin/protector-engine"))).toBe(line);
    expect(firstLine(join(ROOT, PROGRAMS["protector-engine"]))).toBe(line);
  });

  it("brings no other package, and the licences of those whose code is in it", () => {
    expect(existsSync(join(home, "node_modules"))).toBe(false);
    const licences = readFileSync(join(home, "THIRD-PARTY-LICENSES.txt"), "utf8");
    for (const name of ["fastify", "kysely", "mysql2", "pino", "rabbitmq-client", "undici", "commander"])
      expect(licences).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+ \\(.+\\)$`, "m"));
    expect(licences).not.toMatch(/^vitest|^@protector/m);
  });

  it("has the unit files", () => {
    const unit = readFileSync(join(home, "systemd/protector-api.service"), "utf8");
    expect(unit).toContain("ExecStart=/usr/local/bin/protector-api --config-file /etc/protector/protector.conf");
  });

  const oldNode = (process.env.PATH ?? "")
    .split(delimiter)
    .map((path) => join(path, "node"))
    .find(isTooOld);
  it.skipIf(oldNode === undefined).each(PROGRAM_NAMES)("tells that a Node.js is too old for %s", (name) => {
    const { status, stderr } = spawnSync(oldNode ?? "", [join(prefix, "bin", name)], { encoding: "utf8" });
    expect(stderr).toMatch(
      new RegExp(`^${name}: Node\\.js 26 or newer is needed, but \\S+ is v\\d+\\.\\d+\\.\\d+\\.\n$`),
    );
    expect(status).toBe(1);
  });

  it("is the same file when it is built again", async () => {
    const again = await buildNpmPackage(release, join(folder, "work2"), join(folder, "dist2"));
    expect(readFileSync(again).equals(readFileSync(tarball))).toBe(true);
  });
});

function isTooOld(node: string): boolean {
  const { stdout, status } = spawnSync(node, ["--version"], { encoding: "utf8" });
  return status === 0 && Number.parseInt(stdout.slice(1), 10) < 26;
}
