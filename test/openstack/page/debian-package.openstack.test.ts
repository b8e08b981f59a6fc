import { basename } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { openPair } from "../clouds/pair.ts";
import { SITES } from "../clouds/site.ts";
import { requireSuccess } from "../machines/command.ts";
import { stopAtFirstFailure } from "../story/chapters.ts";
import { buildHostPackages } from "./host-packages.ts";
import { installProtector, waitForApi } from "./install-protector.ts";
import { INSTALL_STEPS, type InstallStep, type Walk } from "./install-steps.ts";
import { typeCommands } from "./terminal.ts";

/* The life of the Debian package at the second site: installed again, removed, purged, back. */

const pair = openPair();
const machine = pair.sites["site-b"];
const CONFIG = "/etc/protector/protector.conf";
const KEYS = "/var/lib/protector/keys";
let walk: Walk;

const type = async (commands: string) => requireSuccess(await typeCommands(machine, commands), commands);
const step = async (name: InstallStep) => requireSuccess(await INSTALL_STEPS[name](walk), name);

beforeAll(async () => {
  await installProtector(pair, () => undefined);
  const packages = await buildHostPackages(`${pair.folder}/packages`);
  walk = { site: SITES["site-b"], machine, way: "debian", packages };
  await step("prepareHost");
}, 600_000);

describe("the Debian package on a real machine", () => {
  stopAtFirstFailure();

  it("is upgraded without touching the configuration or the services that run", async () => {
    const before = await type(`sha256sum ${CONFIG}; stat --format='%a %U' ${CONFIG}; pgrep -o protector-api`);
    const said = await type(
      `DEBIAN_FRONTEND=noninteractive apt-get install -y --reinstall ./${basename(walk.packages.debian)}`,
    );
    expect(said).toContain("systemctl restart protector-api protector-engine");
    expect(await type(`sha256sum ${CONFIG}; stat --format='%a %U' ${CONFIG}; pgrep -o protector-api`)).toBe(before);
  });

  it("stops its services when it is removed, and leaves configuration, logs and keys", async () => {
    await type("apt-get remove -y protector");
    expect((await machine.run("pgrep protector; command -v protector")).stdout).toBe("");
    await type(`test -f ${CONFIG} && test -d ${KEYS} && test -f /var/log/protector/protector-api.log`);
  });

  it("says that it keeps the keys when it is purged; everything else that it made is gone", async () => {
    expect(await type("apt-get purge -y protector")).toContain(`${KEYS} is kept`);
    const left =
      "ls -d /etc/protector/protector.conf /var/log/protector /lib/systemd/system/protector-* /usr/lib/protector";
    expect((await machine.run(`${left}; getent passwd protector`)).stdout).toBe("");
    expect(await type("ls /var/lib/protector")).toBe("keys\n");
    expect(await type(`stat --format='%a %U' /var/lib/protector; find ${KEYS} ! -user root`)).toBe("700 root\n");
  });

  it("takes the kept keys up again when it comes back, so that the site is the same as before", async () => {
    await step("installPrograms");
    expect((await machine.run("systemctl is-active protector-api; systemctl is-enabled protector-api")).stdout).toBe(
      "inactive\ndisabled\n",
    );
    await step("writeConfiguration");
    expect(await type(`stat --format='%U' ${KEYS}/*`)).toMatch(/^(protector\n)+$/);
    expect(await step("makeSchema")).toContain("The schema is at revision");
    await step("startServices");
    await waitForApi(walk);
  });
});
