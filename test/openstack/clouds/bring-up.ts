import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { requireSuccess } from "../machines/command.ts";
import { ensureTools, whyNoMachines } from "../machines/host.ts";
import { ensureImage } from "../machines/image.ts";
import type { Machine } from "../machines/machine.ts";
import { ensureNetwork } from "../machines/network.ts";
import { cloudsFileText } from "./clouds-file.ts";
import { INFRASTRUCTURE_UNITS, SERVICES } from "./configuration/index.ts";
import { KEYSTONE } from "./configuration/keystone.ts";
import { CLOUD_IMAGE } from "./image.ts";
import { startUnits, writeConfiguration } from "./install.ts";
import type { Pair } from "./pair.ts";
import { BASE_FOLDER } from "./paths.ts";
import { ensureSchemaLayer } from "./schema-layer.ts";
import { PASSWORDS, REGION, SITES, type Site } from "./site.ts";

const REGISTER = fileURLToPath(new URL("registration/register.ts", import.meta.url));

/** Says that a stage begins. */
export type Say = (stage: string) => void;

/** @returns a sentence that says why a pair cannot be brought up on this host; undefined when it can. */
export function whyNotHere(): string | undefined {
  return whyNoMachines(BASE_FOLDER);
}

/**
 * Brings a pair up, from whatever there is of it.
 * @throws Error with the journal or the output of what failed.
 */
export async function bringUp(pair: Pair, say: Say): Promise<void> {
  say("tools of this host");
  await ensureTools();
  say("image of the machines");
  await ensureImage(CLOUD_IMAGE);
  say("tables of the databases");
  await ensureSchemaLayer();
  say("network and arrays");
  mkdirSync(pair.folder, { recursive: true });
  await ensureNetwork(pair.network);
  writeFileSync(pair.cloudsFile, cloudsFileText());
  await pair.arrays.start();
  const both = (work: (machine: Machine, site: Site) => Promise<void>) =>
    Promise.all(Object.values(SITES).map((site) => work(pair.sites[site.name], site)));
  say("machines");
  await both(boot);
  say("identity");
  await both((machine, site) => startIdentity(pair, machine, site));
  say("services");
  await both(startServices);
  say("registration");
  await both((machine, site) => finish(pair, machine, site));
}

async function boot(machine: Machine, site: Site): Promise<void> {
  await machine.prepare();
  const stamp = join(machine.root, "etc/openstack/clouds.yaml");
  if (!existsSync(stamp)) {
    writeConfiguration(machine, site);
    for (const [folder, key] of [
      ["fernet-keys", "0"],
      ["fernet-keys", "1"],
      ["credential-keys", "0"],
      ["credential-keys", "1"],
    ] as const) {
      machine.writeFile(`/etc/keystone/${folder}/${key}`, fernetKey(), {
        user: "keystone",
        group: "keystone",
        mode: 0o600,
      });
    }
    machine.writeFile("/etc/openstack/clouds.yaml", cloudsFileText());
  }
  await machine.boot();
  await machine.mustRun("chown keystone:keystone /etc/keystone/fernet-keys /etc/keystone/credential-keys");
  await startUnits(machine, INFRASTRUCTURE_UNITS);
}

/** A key of Fernet's specification: 32 random bytes. */
function fernetKey(): string {
  return randomBytes(32).toString("base64url").padEnd(44, "=");
}

async function startIdentity(pair: Pair, machine: Machine, site: Site): Promise<void> {
  const url = `http://${site.name}-controller:5000/v3/`;
  const urls = ["admin", "internal", "public"].map((face) => `--bootstrap-${face}-url ${url}`).join(" ");
  // Says the same when it has been done before.
  await machine.mustRun(
    `keystone-manage bootstrap --bootstrap-password ${PASSWORDS.admin} --bootstrap-region-id ${REGION} ${urls}`,
    { user: "keystone" },
  );
  await startUnits(machine, KEYSTONE.units);
  await register(pair, site, "identity");
}

async function startServices(machine: Machine): Promise<void> {
  await startUnits(
    machine,
    SERVICES.flatMap(({ units }) => units),
  );
}

async function finish(pair: Pair, machine: Machine, site: Site): Promise<void> {
  await register(pair, site, "workers");
  await machine.mustRun("nova-manage cell_v2 discover_hosts", { user: "nova" });
  await register(pair, site, "hypervisor");
  await register(pair, site, "offers");
}

async function register(pair: Pair, site: Site, stage: string): Promise<void> {
  const result = await pair.inNamespace([process.execPath, REGISTER, site.name, stage]);
  requireSuccess(result, `${site.name}: registration of ${stage}`);
}
