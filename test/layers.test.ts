import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

/*
 * The arrows of ARCHITECTURE.md are rules in biome.json. These tests lint imports that break one, so that a rule which
 * no longer matches anything is noticed.
 */

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const BIOME = join(ROOT, "node_modules/.bin/biome");

const REFUSED = [
  ["packages/contract/src/resources/sites.ts", "@protector/server"],
  ["packages/ports/src/clock.ts", "@protector/contract"],
  ["packages/openstack/src/session.ts", "@protector/simulator"],
  ["packages/storage/src/names.ts", "@protector/simulator"],
  ["packages/storage/src/names.ts", "@protector/server"],
  ["packages/simulator/src/world.ts", "@protector/storage"],
  ["packages/client/src/sites.ts", "@protector/openstack"],
  ["packages/cli/src/run-cli.ts", "@protector/server"],
  ["packages/server/src/engine/engine.ts", "@protector/simulator"],
  ["packages/server/src/engine/engine.ts", "@protector/client"],
  ["packages/server/src/db/list.ts", "../domain/epochs.ts"],
  ["packages/server/src/db/repositories/sites.ts", "../../engine/engine.ts"],
  ["packages/server/src/config/config.ts", "../main/program.ts"],
  ["packages/server/src/domain/epochs.ts", "../api/app.ts"],
  ["packages/server/src/domain/epochs.ts", "../engine/engine.ts"],
  ["packages/server/src/engine/runner/journal.ts", "../../api/app.ts"],
  ["packages/server/src/engine/engine.ts", "../main/program.ts"],
  ["packages/server/src/api/app.ts", "../engine/engine.ts"],
  ["packages/server/src/api/routes/sites.ts", "../../main/program.ts"],
  ["packages/server/src/api/app.ts", "../../../storage/src/index.ts"],
] as const;

const ALLOWED = [
  ["packages/server/src/api/app.ts", "../domain/epochs.ts"],
  ["packages/server/src/engine/engine.ts", "@protector/storage"],
  ["packages/server/src/main/program.ts", "../engine/engine.ts"],
  ["packages/storage/src/flasharray/flasharray.test.ts", "@protector/simulator"],
  ["packages/cli/bin/protector.ts", "../src/index.ts"],
] as const;

const CYCLE = [
  ["packages/client/src/one.ts", "./two.ts"],
  ["packages/client/src/two.ts", "./one.ts"],
] as const;
const UNDECLARED = ["packages/client/src/three.ts", "kysely"] as const;

describe("the dependency rule", () => {
  const found = lint([...REFUSED, ...ALLOWED, ...CYCLE, UNDECLARED]);

  it.each(REFUSED)("refuses that %s imports %s", (path, source) => {
    expect(found(path, source)).toContain("lint/style/noRestrictedImports");
  });

  it.each(ALLOWED)("lets %s import %s", (path, source) => {
    expect(found(path, source)).not.toContain("lint/style/noRestrictedImports");
  });

  it.each(CYCLE)("refuses the cycle in which %s imports %s", (path, source) => {
    expect(found(path, source)).toContain("lint/suspicious/noImportCycles");
  });

  it("refuses a package that package.json does not declare", () => {
    expect(found(...UNDECLARED)).toContain("lint/correctness/noUndeclaredDependencies");
  });
});

/**
 * Lints a project of its own with our biome.json.
 * @param imports path of a file and what it imports
 * @returns the rules that an import breaks
 */
function lint(imports: readonly (readonly [string, string])[]): (path: string, source: string) => readonly string[] {
  const lines = Map.groupBy(imports, ([path]) => path);
  const folder = mkdtempSync(join(tmpdir(), "protector-layers-"));
  try {
    cpSync(join(ROOT, "biome.json"), join(folder, "biome.json"));
    writeFileSync(join(folder, "package.json"), '{ "name": "layers", "private": true }\n');
    execFileSync("git", ["init", "--quiet"], { cwd: folder });
    for (const [path, sources] of lines) {
      mkdirSync(join(folder, dirname(path)), { recursive: true });
      writeFileSync(join(folder, path), sources.map(([, source]) => `export * from "${source}";\n`).join(""));
    }
    const args = ["lint", "--reporter=github", "--max-diagnostics=none", "."];
    const { stdout } = spawnSync(BIOME, args, { cwd: folder, encoding: "utf8" });
    return (path, source) => {
      const line = (lines.get(path) ?? []).findIndex(([, each]) => each === source) + 1;
      const place = `/${path},line=${line},`;
      return stdout
        .split("\n")
        .flatMap((text) => (text.includes(place) ? [/title=([^,]+)/.exec(text)?.[1] ?? ""] : []));
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
