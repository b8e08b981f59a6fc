import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DEMO_RESOURCES } from "@protector/simulator";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openRealOpenstack, type RealOpenstack, whyNotHere } from "./real-openstack.ts";

/** Spellings that the service's documentation uses. */
const DOCUMENTED = [
  ...["create", "list", "show", "delete", "validate", "list-volume-types"].map((verb) => `dr site ${verb}`),
  ...["create", "list", "show", "delete"].map((verb) => `dr protection-group ${verb}`),
  ...["dr member add", "dr member remove", "dr policy create", "dr policy show", "dr failover"],
  ...["dr operation list", "dr operation show"],
  ...["protector site list", "protector site validate", "protector protection-group show"],
  ...["policy-show", "sync-status", "sync-force"].map((verb) => `protector protection-group ${verb}`),
  ...["protector failover", "protector policy show", "dr protection-group sync-status"],
];

const MAPPINGS = DEMO_RESOURCES.map(([noun, name]) => `--${noun}=${name}=${name}`);

const whyNot = await whyNotHere();
const TITLE = "the plugin in the real openstack command";

describe.skipIf(whyNot !== undefined)(
  whyNot === undefined ? TITLE : `${TITLE} (${whyNot})`,
  { timeout: 400_000 },
  () => {
    let real: RealOpenstack;
    beforeAll(async () => {
      real = await openRealOpenstack();
    }, 400_000);
    afterAll(() => real?.close(), 60_000);
    const openstack = (line: string, options = {}) => real.run(line.split(" "), options);

    it("offers every spelling of the documentation, and each as `protector` and as `dr`", () => {
      const offered = entryPoints(real.sitePackages);
      expect(DOCUMENTED.filter((name) => !offered.includes(name))).toEqual([]);
      const other = (name: string) => name.replace(/^\w+/, (word) => (word === "dr" ? "protector" : "dr"));
      expect(offered.filter((name) => !offered.includes(other(name)))).toEqual([]);
    });

    it("protects a server, and prints as every command of openstack does", async () => {
      const created = await openstack("protector protection-group create shop -f json");
      expect(created).toMatchObject({ code: 0 });
      expect(JSON.parse(created.stdout)).toMatchObject({ name: "shop", current_primary_site: "site-a" });
      const arrays = "--primary-backend array-a --secondary-backend array-b";
      const policy = await openstack(`dr policy create shop ${arrays} -f value -c replication_interval --wait`);
      expect(policy).toMatchObject({ code: 0, stdout: "900\n" });
      expect(policy.stderr).toMatch(/completed\n/);
      const mapped = await real.run(["protector", "mapping", "set", "shop", ...MAPPINGS, "-f", "csv", "-c", "kind"]);
      expect(mapped.stdout.split("\n")).toHaveLength(11);
      const added = await openstack("dr member add shop web-01 --wait -f json");
      expect(JSON.parse(added.stdout)).toMatchObject([{ type: "member_add", status: "completed", progress: 1 }]);
      const sorted = await openstack("protector operation list --sort-column type -f csv -c type -c progress");
      expect(sorted.stdout).toMatch(/^"type","progress"\n"group_create","1"\n"member_add","1"\n/);
      const table = await openstack("protector operation list --max-width 140");
      expect(Math.max(...table.stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(140);
      expect(table.stdout).toContain("100 %");
    });

    it("says in one line whether a group is in sync", async () => {
      const shown = await openstack("--os-cloud site-a protector protection-group sync-status shop");
      expect(shown).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Sync Status: IN SYNC\n\n\+/) });
      expect(shown.stdout).toContain("site-b (secondary): reachable");
      const value = await openstack("dr pg sync-status shop -f value -c status");
      expect(value).toMatchObject({ code: 0, stdout: "IN SYNC\n" });
    });

    it("keeps the program's exit codes and words", async () => {
      const missing = await openstack("protector protection-group show nope");
      expect(missing).toMatchObject({ code: 1, stdout: "" });
      expect(missing.stderr).toContain("code protection_group.not_found");
      const alone = await openstack("protector failover shop");
      expect(alone).toMatchObject({ code: 2, stderr: expect.stringContaining("Use --yes") });
      expect(await openstack("dr protection-group delete shop")).toMatchObject({ code: 3 });
      const wrong = await openstack("protector protection-group shwo shop");
      expect(wrong).toMatchObject({ code: 2, stderr: "No command protection-group shwo shop.\n" });
      expect(wrong.stdout).toContain("protection-group sync-status");
    });

    it("shows the plan on the terminal and asks there", async () => {
      const shown = await real.onTerminal(["protector", "failover", "shop"], "no");
      expect(shown.stdout).toMatch(
        /Plan: planned failover of "shop" from site-a to site-b[\s\S]*go on: [\s\S]*Not confirmed/,
      );
      expect(shown.code).toBe(1);
    });

    it("hands over the login that openstack has made, by the environment", async () => {
      const seen = join(real.folder, "seen");
      const spy = join(real.folder, "spy");
      const said = '{"kind":"list","columns":["name"],"rows":[["site-x"]]}';
      const manifest = join(real.sitePackages, "protectorclient/manifest.json");
      const described = `if [ "$1" = describe-commands ]; then exec cat ${manifest}; fi`;
      const script = `#!/bin/sh\n${described}\necho "$@" > ${seen}.argv\necho "$PROTECTOR_SESSION" > ${seen}.json\necho '${said}'\nexit 4\n`;
      writeFileSync(spy, script, { mode: 0o755 });
      const line = "--secondary-cloud site-b protector site list -f value";
      expect(await openstack(line, { env: { PROTECTOR_PROGRAM: spy } })).toMatchObject({ code: 4, stdout: "site-x\n" });
      expect(readFileSync(`${seen}.argv`, "utf8")).toBe("site list --exchange programs --\n");
      const session = JSON.parse(readFileSync(`${seen}.json`, "utf8"));
      expect(session).toMatchObject({ cloud: "site-a", region_name: "RegionOne", interface: "public" });
      expect(session.state.body.token.project.name).toBe("demo");
    });

    it("works with a login that only openstack knows", async () => {
      const [, authUrl = ""] = /site-a:[\s\S]*?auth_url: (\S+)/.exec(readFileSync(real.clouds, "utf8")) ?? [];
      const login = [
        "--os-username=demo",
        "--os-password=labdemo",
        "--os-project-name=demo",
        `--os-auth-url=${authUrl}`,
      ];
      const domains = ["--os-user-domain-name=Default", "--os-project-domain-name=Default"];
      const env = { OS_CLIENT_CONFIG_FILE: undefined, OS_CLOUD: undefined };
      const args = [...login, ...domains, "protector", "site", "list", "-f", "value", "-c", "name"];
      expect(await real.run(args, { env })).toMatchObject({ code: 0, stdout: "site-a\nsite-b\n" });
    });

    it("says what to install when the program is missing", async () => {
      const missing = await openstack("dr site list", { env: { PATH: "/usr/bin:/bin" } });
      expect(missing.code).toBe(1);
      expect(missing.stderr).toContain('Install the Debian package "protector"');
    });

    it("says so when plugin and program are not of one release, and does nothing", async () => {
      const old = join(real.folder, "old");
      const script = `#!/bin/sh
if [ "$1" = --version ]; then echo protector 0.0.9; exit; fi
echo "$@" >> ${old}.argv; echo "Error: unknown option '--exchange'" >&2; exit 2\n`;
      writeFileSync(old, script, { mode: 0o755 });
      const { code, stderr } = await openstack("protector site list", { env: { PROTECTOR_PROGRAM: old } });
      expect(code).toBe(1);
      expect(stderr).toMatch(/the plugin is of \d+\.\d+\.\d+\S*, the program of 0\.0\.9/);
      expect(stderr).toContain('Install the same release of both: the Debian packages "protector"');
      expect(stderr).not.toContain("--exchange");
      expect(readFileSync(`${old}.argv`, "utf8")).toBe("describe-commands\n");
    });

    it("works with a program of another release that knows the command alike", async () => {
      const newer = join(real.folder, "newer");
      const manifest = JSON.parse(readFileSync(join(real.sitePackages, "protectorclient/manifest.json"), "utf8"));
      const list = manifest.commands.find(({ words }: { words: string[] }) => words.join(" ") === "site list");
      const described = JSON.stringify({ ...manifest, version: "9.9.9", commands: [list] });
      writeFileSync(`${newer}.json`, described);
      const program = join(real.folder, "bin/protector");
      const script = `#!/bin/sh\nif [ "$1" = describe-commands ]; then exec cat ${newer}.json; fi\nexec ${program} "$@"\n`;
      writeFileSync(newer, script, { mode: 0o755 });
      const env = { PROTECTOR_PROGRAM: newer };
      expect(await openstack("protector site list -f value -c name", { env })).toMatchObject({ code: 0 });
      const other = await openstack("protector site show site-a", { env });
      expect(other).toMatchObject({ code: 1, stderr: expect.stringContaining("the program of 9.9.9") });
    });

    it("explains itself in openstack help", async () => {
      const overview = await openstack("help protector");
      expect(overview.stdout).toMatch(/^protection-group: protection groups\n {2}protection-group create {2,}\w/m);
      const one = await openstack("help dr protection-group sync-force");
      expect(one.stdout).toMatch(/^usage: openstack dr protection-group sync-force/);
      expect(one.stdout).toContain("--from <site>");
      const all = await openstack("dr --help");
      expect(all.stdout).toContain("failover");
    });
  },
);

function entryPoints(folder: string): readonly string[] {
  const info = readdirSync(folder).find((name) => name.endsWith(".dist-info")) ?? "";
  const [, commands = ""] = readFileSync(join(folder, info, "entry_points.txt"), "utf8").split(
    "[openstack.protector.v1]\n",
  );
  return commands
    .split("\n")
    .flatMap((line) => (line.includes(" = ") ? [line.replace(/ = .*/, "").replaceAll("_", " ")] : []));
}
