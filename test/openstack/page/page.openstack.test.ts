import { beforeAll, describe, expect, it } from "vitest";
import { SERVICES } from "../clouds/configuration/index.ts";
import { KEYSTONE } from "../clouds/configuration/keystone.ts";
import { waitForUnits } from "../clouds/install.ts";
import { openPair } from "../clouds/pair.ts";
import { PASSWORDS } from "../clouds/site.ts";
import { type CommandResult, requireSuccess } from "../machines/command.ts";
import { stopAtFirstFailure } from "../story/chapters.ts";
import { pageBlock, pageBlockNames } from "./install-page.ts";
import { beginWalks, waitForApi } from "./install-protector.ts";
import { DATABASE_PASSWORD, INSTALL_STEPS, type InstallStep, UNIT_FOLDERS, type Walk } from "./install-steps.ts";
import { missingLine } from "./shown.ts";
import { typeAtTerminal, typeCommands } from "./terminal.ts";

/*
 * docs/install.md, walked from its first command to its last check on the machines of both sites. Needs a pair of clouds
 * without Protector; the tests of a site build on each other.
 */

const pair = openPair();
let walks: readonly [Walk, Walk];

beforeAll(async () => {
  walks = await beginWalks(pair);
});

describe.each([
  { index: 0, name: "site-a", way: "npm" },
  { index: 1, name: "site-b", way: "the Debian package" },
] as const)("the page, walked on $name with $way", ({ index }) => {
  stopAtFirstFailure();
  const step = async (name: InstallStep) => requireSuccess(await INSTALL_STEPS[name](walks[index]), name);
  const type = async (commands: string) => requireSuccess(await typeCommands(walks[index].machine, commands), commands);

  it("begins on a host that has everything but Protector", async () => {
    await step("prepareHost");
    expect((await walks[index].machine.run("command -v protector-api")).code).not.toBe(0);
  });

  it("makes user and directories (the Debian package does it by itself)", async () => {
    await step("makeUser");
  });

  it("makes the database with its grants, at a terminal that asks for root's password", async () => {
    await step("makeDatabase");
    expect(await type("mysql -u root -e \"SHOW GRANTS FOR 'protector'@'%';\"")).toContain("`protector`.*");
  });

  it("registers the service user with a password that is asked for twice, and its role", async () => {
    await step("makeServiceUser");
    const roles = "source ~/admin-openrc; openstack role assignment list --names --user protector --project service";
    expect(await type(roles)).toMatch(/\| admin +\| protector@Default/);
  });

  it("registers service and endpoints, which are listed as the page shows", async () => {
    await step("registerEndpoints");
    const shown = pageBlock("shown", "endpoint-list").replaceAll("site-a", walks[index].site.name);
    expect(missingLine(shown, await type(pageBlock("run", "endpoint-list")))).toBeUndefined();
  });

  it("installs the programs where the page says, without network", async () => {
    await step("installPrograms");
    const bin = walks[index].way === "npm" ? "/usr/local/bin" : "/usr/bin";
    for (const name of ["protector-api", "protector-engine", "protector-manage", "protector-status", "protector"]) {
      expect(await type(`command -v ${name}`)).toBe(`${bin}/${name}\n`);
      expect(await type(`${name} --version`)).toBe(`${name} 0.1.0\n`);
    }
  });

  it("installs the plugin, with which openstack knows protector and dr", async () => {
    await step("installPlugin");
    for (const noun of ["protector", "dr"])
      expect(await type(`openstack help ${noun} protection-group sync-status`)).toContain("usage: openstack");
  });

  it("leaves user and directories as step 1 makes them", async () => {
    expect(await type("getent passwd protector")).toMatch(/:\/bin\/false\n$/);
    const folders = await type("stat --format='%U:%G %n' /etc/protector /var/lib/protector /var/log/protector");
    expect(folders.match(/^protector:protector /gm)).toHaveLength(3);
  });

  it("takes the configuration as it is printed, and validates it", async () => {
    expect(await step("writeConfiguration")).toContain("The configuration is valid.");
    expect(await type("stat --format='%a %U' /etc/protector/protector.conf")).toBe("600 protector\n");
  });

  it("makes the schema: the eight tables of the page are there", async () => {
    await step("makeSchema");
    const command = pageBlock("run", "tables");
    const result = await typeAtTerminal(walks[index].machine, command, [DATABASE_PASSWORD]);
    expect(missingLine(pageBlock("shown", "tables"), requireSuccess(result, command))).toBeUndefined();
  });

  it("keeps the keys that db sync made for the service user alone", async () => {
    const keys = await type("stat --format='%a %U' /var/lib/protector/keys/*");
    expect(new Set(keys.trim().split("\n"))).toEqual(new Set(["600 protector"]));
  });

  it("has unit files that systemd verifies without a word about them", async () => {
    // It follows what units depend on, too: what it says about those of others does not count.
    const { code, stdout, stderr } = await INSTALL_STEPS.writeUnits(walks[index]);
    expect(`${stdout}${stderr}`).not.toMatch(/protector/);
    expect(code).toBe(0);
  });

  it("starts both services, which are active and enabled as the page shows", async () => {
    await step("startServices");
    await waitForApi(walks[index]);
    const shown = pageBlock("shown", "status").replaceAll("/etc/systemd/system", UNIT_FOLDERS[walks[index].way]);
    expect(missingLine(shown, await type(pageBlock("run", "status")))).toBeUndefined();
  });

  it("shows protector-api in netstat, and names its workers in ps", async () => {
    expect(missingLine(pageBlock("shown", "port"), await type(pageBlock("run", "port")))).toBeUndefined();
    const names = () => type("ps -u protector -o args=");
    // The first worker answers before the others have their names.
    const workers = async () => (await names()).match(/^protector-api: worker \d$/gm);
    await expect.poll(workers, { timeout: 300_000 }).toHaveLength(4);
    expect(await names()).toMatch(/^protector-engine$/m);
  });

  it("logs to the files of the page and to the journal", async () => {
    const logs = await type(pageBlock("run", "logs"));
    expect(logs.match(/API listens/g)?.length).toBeGreaterThan(1);
    expect(logs.match(/Engine runs/g)).toHaveLength(2);
    const follow =
      "timeout 2 tail -f /var/log/protector/protector-engine.log; timeout 2 journalctl -u protector-engine -f";
    const followed = await walks[index].machine.run(`${follow}; true`);
    expect(followed.stdout.match(/Engine runs/g)).toHaveLength(2);
  });

  it("takes the rules for Cinder, after which the service user lists the volume services", async () => {
    await step("allowManaging");
    const services = await until(() => typeCommands(walks[index].machine, pageBlock("run", "volume-services")));
    expect(services).toMatch(/cinder-volume +\|.*\| up/);
  });

  it("passes the check before upgrades", async () => {
    const { stdout } = await walks[index].machine.run("protector-status upgrade check");
    expect(stdout).not.toContain("Result: Failure");
  });

  it("keeps its services through a reboot of the machine", async () => {
    const { machine } = walks[index];
    await machine.shutdown();
    await machine.boot();
    await waitForUnits(
      machine,
      [KEYSTONE, ...SERVICES].flatMap(({ units }) => units),
    );
    await waitForApi(walks[index]);
    expect(
      missingLine("Active: active (running) since ...", await type("systemctl status protector-engine")),
    ).toBeUndefined();
  });
});

describe("the page, from the operator's host", () => {
  it("both sites answer with the version document", async () => {
    const { stdout } = await pair.inNamespace(["bash", "-c", pageBlock("run", "discovery")]);
    expect(stdout.match(/"id":"v1\.0","status":"CURRENT"/g)).toHaveLength(2);
  });

  it("registers and validates the sites with the clouds.yaml of the page, and maps tenants", async () => {
    const { machine } = walks[0];
    const clouds = pageBlock("file", "~/.config/openstack/clouds.yaml").replaceAll("YOUR_PASSWORD", PASSWORDS.admin);
    machine.writeFile("/root/.config/openstack/clouds.yaml", clouds, { mode: 0o600 });
    await until(() => typeCommands(machine, "OS_CLOUD=site-a openstack volume service list"));
    requireSuccess(await typeCommands(machine, pageBlock("run", "register-sites")), "register-sites");
    const env = "export OS_CLOUD=site-a OS_SECONDARY_CLOUD=site-b\n";
    requireSuccess(await typeCommands(machine, `${env}${pageBlock("run", "map-tenants")}`), "map-tenants");
    const sites = requireSuccess(await typeCommands(machine, `${env}protector site list`), "site list");
    expect(sites).toContain("site-b");
  });
});

describe("the page", () => {
  it("has no block that is not walked here or in the troubleshooting", () => {
    const walked = [
      "user",
      "database",
      "service-user",
      "endpoints",
      "endpoint-list",
      "debian-package",
      "npm-package",
      "openstack-plugin",
    ];
    const checked = ["protect-configuration", "schema", "tables", "start", "status", "port", "discovery", "logs"];
    const last = ["restart-cinder", "volume-services", "register-sites", "map-tenants"];
    const troubles = [
      "database-checks",
      "restart-api",
      "service-user-check",
      "broker-checks",
      "catalog-checks",
      "sync",
    ];
    expect(new Set(pageBlockNames("run"))).toEqual(new Set([...walked, ...checked, ...last, ...troubles]));
  });
});

/** OpenStack's services take their time after a restart. */
async function until(ask: () => Promise<CommandResult>): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    const result = await ask();
    if (result.code === 0 || attempt === 20) return requireSuccess(result, "attempts until it answers");
  }
}
