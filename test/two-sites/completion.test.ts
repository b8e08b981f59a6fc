import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeEach, describe, expect, it, type TestContext } from "vitest";
import type { CliHost } from "../../packages/cli/src/index.ts";
import { activeGroup } from "../../packages/server/src/api/testing.ts";
import { type Harness, openHarness } from "./harness.ts";

describe("names that are completed", () => {
  let harness: Harness;
  let tokens: NonNullable<CliHost["tokens"]>;
  beforeEach(async () => {
    harness = await openHarness();
    await activeGroup(harness.sites);
    const files = new Map<string, string>();
    tokens = {
      files: {
        read: (path) => files.get(path),
        write: (path, text) => void files.set(path, text),
        remove: (path) => void files.delete(path),
      },
      digest: (text) => Buffer.from(text).toString("hex"),
    };
  });

  /** Nobody's patience ends. */
  const patient = (ms: number): CliHost["clock"] => ({
    now: () => harness.clock.now() + ms,
    sleep: (_, signal) => new Promise((_resolve, reject) => signal?.addEventListener("abort", reject)),
  });

  const complete = (line: string, host: Partial<CliHost> = {}) =>
    harness.run("", {
      argv: ["complete-words", "--", ...line.split(" ")],
      env: { OS_CLOUD: "site-a", HOME: "/home/somebody" },
      tokens,
      clock: patient(0),
      ...host,
    });

  it("are those of the API, with their state", async () => {
    expect(await complete("failover ")).toEqual({ code: 0, stdout: "shop\tactive\n", stderr: "" });
    expect((await complete("failover x")).stdout).toBe("");
  });

  it("are not asked for again at the next key, but are after half a minute", async () => {
    await complete("failover ");
    const asked = harness.requests.length;
    expect(asked).toBeGreaterThan(0);
    expect((await complete("failover s")).stdout).toBe("shop\tactive\n");
    expect(harness.requests).toHaveLength(asked);
    await complete("failover s", { clock: patient(31_000) });
    expect(harness.requests.length).toBeGreaterThan(asked);
  });

  it.each([
    ["the site is silent", (): Partial<CliHost> => ({})],
    ["no cloud is named", (): Partial<CliHost> => ({ env: {}, readFile: () => undefined })],
    ["clouds.yaml is broken", (): Partial<CliHost> => ({ readFile: () => "clouds: [" })],
  ])("are none when %s, without a word or an error", async (_, host) => {
    harness.fate = () => "unreachable";
    expect(await complete("failover ", host())).toEqual({ code: 0, stdout: "", stderr: "" });
  });
});

const folder = mkdtempSync(join(tmpdir(), "protector-completion-"));
afterAll(() => rmSync(folder, { recursive: true }));
const program = fileURLToPath(new URL("../../packages/cli/bin/protector.ts", import.meta.url));
writeFileSync(join(folder, "protector"), `#!/bin/sh\nexec "${process.execPath}" "${program}" "$@"\n`, { mode: 0o755 });
writeFileSync(join(folder, "clouds.yaml"), "clouds: {site-a: {auth: {}}, 'site b': {auth: {}}}\n");

/** Words that a real shell offers, by the line that stands before the cursor. */
const SHELLS = {
  bash: {
    line: (words: readonly string[]) => `source <(protector complete bash)
COMP_WORDS=(protector ${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length}
_protector; printf '%s\\n' "\${COMPREPLY[@]}"`,
    args: ["--norc", "-c"],
  },
  zsh: {
    line: (words: readonly string[]) => `compdef() { }; _files() { print -- files }
_describe() { print -l -- "\${offered[@]}" }
source <(protector complete zsh)
words=(protector ${words.map((word) => `'${word}'`).join(" ")}); CURRENT=${words.length + 1}; _protector`,
    args: ["-f", "-c"],
  },
  fish: {
    line: (words: readonly string[]) => `protector complete fish | source; complete -C "protector ${words.join(" ")}"`,
    args: ["--no-config", "-c"],
  },
} as const;

describe.each(Object.entries(SHELLS))("%s", (shell, { line, args }) => {
  const requireShell = (test: TestContext) => {
    if (!isInstalled(shell)) test.skip(`${shell} is not installed: apt-get install ${shell}`);
  };
  const offered = (...words: readonly string[]) =>
    execFileSync(shell, [...args, line(words)], {
      encoding: "utf8",
      env: { PATH: `${folder}:/usr/bin:/bin`, HOME: folder, OS_CLIENT_CONFIG_FILE: join(folder, "clouds.yaml") },
    })
      .trim()
      .split("\n")
      .map((text) => text.split(shell === "zsh" ? ":" : "\t")[0])
      .sort();

  it("offers verbs", (test) => {
    requireShell(test);
    expect(offered("pg", "sync-")).toEqual(["sync-force", "sync-status"]);
  });

  it("offers names, those with a blank in one piece", (test) => {
    requireShell(test);
    const names = offered("pg", "list", "--os-cloud", "");
    expect(new Set(names)).toEqual(new Set(["site-a", shell === "bash" ? "site\\ b" : "site b"]));
  });
});

function isInstalled(program: string): boolean {
  try {
    execFileSync(program, ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
