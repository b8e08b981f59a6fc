import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { SMALL_YOUNG_GENERATION } from "../packages/server/src/main/small-heap.ts";
import { buildDebianPackage } from "./debian-package.ts";
import { describeInstalledPrograms } from "./installed-programs.testing.ts";
import type { Architecture } from "./node-binary.ts";
import { PROGRAM_NAMES, ROOT, readRelease } from "./release.ts";
import { runTool } from "./run-tool.ts";

const canBuild = spawnSync("dpkg-deb", ["--version"]).status === 0;
const architecture: Architecture = process.arch === "arm64" ? "arm64" : "amd64";
const folder = mkdtempSync(join(tmpdir(), "protector-deb-"));
const root = join(folder, "root");
const deb = canBuild ? await build() : "";

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(!canBuild)("the Debian package, unpacked", () => {
  describeInstalledPrograms((name) => [join(root, "usr/lib/protector/bin/node"), join(root, "usr/bin", name)]);

  it("names itself after release and architecture", () => {
    expect(deb).toBe(join(folder, `dist/protector_${readRelease().version}_${architecture}.deb`));
    expect(runTool("dpkg-deb", ["--field", deb, "Package", "Version", "Architecture"])).toBe(
      `Package: protector\nVersion: ${readRelease().version}\nArchitecture: ${architecture}\n`,
    );
  });

  it("depends on every library that its Node.js is linked to", () => {
    const libraries = runTool("ldd", [join(root, "usr/lib/protector/bin/node")]).match(/^\s+lib\S+/gm) ?? [];
    const packages = { libatomic: "libatomic1", libstdc: "libstdc++6", libgcc_s: "libgcc-s1" };
    const depends = runTool("dpkg-deb", ["--field", deb, "Depends"]);
    for (const library of libraries) {
      const stem = /lib[a-z_]+/.exec(library)?.[0] ?? "";
      expect(depends).toContain(packages[stem as keyof typeof packages] ?? "libc6 (>= 2.28)");
    }
  });

  it("belongs to root and keeps passwords from everybody else", () => {
    const modes = new Map(
      runTool("dpkg-deb", ["--contents", deb])
        .trim()
        .split("\n")
        .map((line) => line.split(/\s+/))
        .map(([mode = "", owner, , , , path = ""]) => [path, `${mode} ${owner}`]),
    );
    expect([...modes.values()].filter((text) => !text.endsWith(" root/root"))).toEqual([]);
    expect(modes.get("./etc/protector/protector.conf")).toBe("-rw------- root/root");
    expect(modes.get("./lib/systemd/system/protector-engine.service")).toBe("-rw-r--r-- root/root");
    expect(modes.get("./usr/lib/protector/bin/node")).toBe("-rwxr-xr-x root/root");
    for (const name of PROGRAM_NAMES) expect(modes.get(`./usr/bin/${name}`)).toBe("lrwxrwxrwx root/root");
  });

  it("starts its own Node.js, never one of the path, for the engine with a small young generation", () => {
    for (const name of PROGRAM_NAMES) {
      const [line] = readFileSync(join(root, "usr/bin", name), "utf8").split("\n");
      const option = name === "protector-engine" ? ` ${SMALL_YOUNG_GENERATION}` : "";
      expect(line).toBe(`#!/usr/lib/protector/bin/node${option}`);
    }
  });

  it("teaches the shells to complete its command", () => {
    const bash = readFileSync(join(root, "usr/share/bash-completion/completions/protector"), "utf8");
    expect(bash).toContain("complete -F _protector protector");
    expect(readFileSync(join(root, "usr/share/zsh/vendor-completions/_protector"), "utf8")).toMatch(
      /^#compdef protector\n/,
    );
    expect(readFileSync(join(root, "usr/share/fish/vendor_completions.d/protector.fish"), "utf8")).toContain(
      "complete -c",
    );
  });

  it("has the page's unit files with the paths of a package", () => {
    for (const name of ["protector-api", "protector-engine"]) {
      const unit = readFileSync(join(ROOT, `deploy/systemd/${name}.service`), "utf8");
      const packaged = readFileSync(join(root, `lib/systemd/system/${name}.service`), "utf8");
      expect(packaged).toBe(unit.replace(`/usr/local/bin/${name} `, `/usr/bin/${name} `));
    }
  });

  it("keeps what the administrator wrote: protector.conf is a conffile and no start is hidden in the scripts", () => {
    const control = join(folder, "control");
    runTool("dpkg-deb", ["--control", deb, control]);
    expect(readFileSync(join(control, "conffiles"), "utf8")).toBe("/etc/protector/protector.conf\n");
    for (const name of ["postinst", "prerm", "postrm"]) {
      runTool("sh", ["-n", join(control, name)]);
      expect(readFileSync(join(control, name), "utf8")).not.toMatch(/^\s*(systemctl|service) .*\b(start|restart)\b/m);
    }
  });
});

async function build(): Promise<string> {
  // The Node.js of these tests in place of a fetched one, which is the same: no test needs the network.
  const node = { path: process.execPath, licence: "Licence of Node.js" };
  const places = { work: join(folder, "work"), destination: join(folder, "dist") };
  const file = await buildDebianPackage({ release: readRelease(), architecture, node, ...places, compression: "none" });
  runTool("dpkg-deb", ["--extract", file, root]);
  return file;
}
