import { execFile, spawn, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { createContext, Script } from "node:vm";
import { webPorts } from "@protector/client";
import { connectCloud } from "@protector/openstack";
import { rolldown } from "rolldown";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { buildClientPackage } from "../../packaging/client-package.ts";
import { ROOT, readRelease } from "../../packaging/release.ts";
import { runTool } from "../../packaging/run-tool.ts";
import { type RunningSandbox, startSandbox } from "../openstackclient/running-sandbox.ts";
import { type PageServer, startPageServer } from "./page-server.ts";

/** In which order a browser is looked for. */
const BROWSERS = ["chromium", "chromium-browser", "google-chrome"];
const browser = BROWSERS.find((name) => spawnSync(name, ["--version"]).status === 0);
const TYPES = [
  'import { hasCode } from "@protector/client";',
  'export const known = hasCode(undefined, "peer.unreachable");',
  "// @ts-expect-error A code that the catalogue does not have.",
  'export const unknown = hasCode(undefined, "peer.on_holiday");',
];
const folder = mkdtempSync(join(tmpdir(), "protector-sdk-"));
const run = promisify(execFile);

describe("the packed SDK", { timeout: 120_000 }, () => {
  let sandbox: RunningSandbox;
  let env: Record<string, string>;
  beforeAll(async () => {
    const tarball = await buildClientPackage(readRelease(), join(folder, "work"), join(folder, "dist"));
    const home = join(folder, "node_modules/@protector/client");
    mkdirSync(home, { recursive: true });
    runTool("tar", ["-xzf", tarball, "-C", home, "--strip-components=1"]);
    symlinkSync(join(ROOT, "node_modules/typebox"), join(folder, "node_modules/typebox"));
    cpSync(join(ROOT, "docs/examples"), join(folder, "examples"), { recursive: true });
    cpSync(join(ROOT, "test/sdk/page.ts"), join(folder, "page.ts"));
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }\n');
    sandbox = await startSandbox(join(folder, "sandbox"));
    const { clouds } = parse(readFileSync(sandbox.clouds, "utf8"));
    const { username, password, project_name } = clouds["site-a"].auth;
    env = {
      SITE_A_AUTH_URL: clouds["site-a"].auth.auth_url,
      SITE_B_AUTH_URL: clouds["site-b"].auth.auth_url,
      OS_USERNAME: username,
      OS_PASSWORD: password,
      OS_PROJECT_NAME: project_name,
    };
  }, 120_000);
  afterAll(async () => {
    await sandbox?.stop();
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);
  const example = async (name: string, ...args: readonly string[]) =>
    (await run(process.execPath, [join(folder, "examples", name), ...args], { env })).stdout;

  it("has types for its examples, and for every code of the catalogue", () => {
    writeFileSync(join(folder, "examples/codes.ts"), TYPES.join("\n"));
    const { compilerOptions } = JSON.parse(readFileSync(join(ROOT, "tsconfig.json"), "utf8"));
    const typeRoots = [join(ROOT, "node_modules/@types")];
    const options = { ...compilerOptions, skipLibCheck: false, typeRoots };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions: options, include: ["examples"] }));
    const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
    const { stdout } = spawnSync(process.execPath, [tsc, "--project", folder], { encoding: "utf8" });
    expect(stdout).toBe("");
  });

  it("changes both sites, tells a refusal by its code and lists page by page, as its examples say", async () => {
    for (const name of ["shop", "back-office", "mail"])
      expect(await example("create-group.ts", name)).toBe(`${name}: generation 1, both sites know it: true\n`);
    expect(await example("create-group.ts", "shop")).toMatch(
      /^site-a has it already \(protection_group\.name_exists\)\. \w.+\.\n$/,
    );
    const listed = (await example("list-groups.ts")).trim().split("\n");
    expect(listed.map((line) => line.split(" ")[0])).toEqual(["back-office", "mail", "shop"]);
  });

  it("protects a server, plans its failover and takes the group apart again, as its examples say", async () => {
    await example("create-group.ts", "web");
    expect(await example("protect-server.ts", "web", await serverId("web-01"))).toBe(
      "group_create: completed\nmember_add: completed\n",
    );
    const plan = await example("plan-failover.ts", "web");
    expect(plan).toMatch(/^\d+ steps, [1-9]\d* blockers\n/);
    expect(plan).toMatch(/^mapping\.network_unmapped: .* protector mapping suggest/m);
    expect(await example("take-apart.ts", "web")).toBe(
      "member_remove: completed\npolicy_delete: completed\ngroup_delete: completed\n",
    );
  });

  it("works where there is nothing but the web's own means", async () => {
    const { page, script } = await openPage();
    const { fetch, crypto, URL, URLSearchParams, TextEncoder, AbortSignal, setTimeout, clearTimeout } = globalThis;
    const web = { fetch, crypto, URL, URLSearchParams, TextEncoder, AbortSignal, setTimeout, clearTimeout };
    await new Script(script).runInContext(createContext(web));
    await seesGroups(page);
  });

  it("works in a browser", async (test) => {
    if (browser === undefined) return test.skip("no browser is installed: apt-get install chromium");
    const { page, script } = await openPage();
    page.serve(`<!doctype html><script>${script.replaceAll("</script", "<\\/script")}</script>`);
    const profile = `--user-data-dir=${join(folder, "profile")}`;
    const flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", profile];
    const child = spawn(browser, [...flags, page.origin], { stdio: "ignore", detached: true });
    try {
      await seesGroups(page);
    } finally {
      // Its whole group: a browser is many processes.
      process.kill(-(child.pid ?? 0), "SIGKILL");
    }
  });

  /** Id of a server at site A. */
  async function serverId(name: string): Promise<string> {
    const { SITE_A_AUTH_URL: authUrl = "", OS_USERNAME = "", OS_PASSWORD = "", OS_PROJECT_NAME = "" } = env;
    const scope = { kind: "project", projectName: OS_PROJECT_NAME, projectDomainName: "Default" } as const;
    const user = { username: OS_USERNAME, password: OS_PASSWORD, userDomainName: "Default" };
    const cloud = connectCloud({ authUrl, credential: { kind: "password", ...user, scope } }, webPorts());
    const [server] = await cloud.compute.listServers({ name });
    return server?.id ?? "";
  }

  async function seesGroups(page: PageServer): Promise<void> {
    try {
      expect(JSON.parse(await page.result)).toEqual({
        names: ["back-office", "mail", "shop"],
        refusal: "404 protection_group.not_found",
      });
    } finally {
      page.close();
    }
  }

  /** A server in front of site-a, and the page's script with everything it needs in it. */
  async function openPage(): Promise<{ readonly page: PageServer; readonly script: string }> {
    const { keystoneSession } = await import("../../docs/examples/keystone-session.ts");
    const { SITE_A_AUTH_URL = "", OS_USERNAME = "", OS_PASSWORD = "", OS_PROJECT_NAME = "" } = env;
    const login = { authUrl: SITE_A_AUTH_URL, username: OS_USERNAME, password: OS_PASSWORD };
    const session = keystoneSession({ name: "site-a", ...login, projectName: OS_PROJECT_NAME });
    const { value: token, projectId } = await session.token();
    const page = await startPageServer(new URL(await session.endpoint()).origin);
    const build = await rolldown({
      input: join(folder, "page.ts"),
      platform: "browser",
      onLog: (level, log) => {
        if (level === "warn") throw new Error(log.message);
      },
    });
    const { output } = await build.generate({ format: "esm", codeSplitting: false });
    await build.close();
    const given = `globalThis.page = ${JSON.stringify({ origin: page.origin, token, projectId })};`;
    return { page, script: `${given}\n(async () => {\n${output[0].code.replace(/^export \{.*\};$/m, "")}\n})();` };
  }
});
