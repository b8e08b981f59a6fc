import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { requireSuccess } from "../machines/command.ts";
import { ensureTools, whyNoMachines, whyTooLittleMemory } from "../machines/host.ts";
import { ensureImage } from "../machines/image.ts";
import type { Machine } from "../machines/machine.ts";
import { ensureNetwork } from "../machines/network.ts";
import { cloudsFileText } from "./clouds-file.ts";
import { INFRASTRUCTURE_UNITS, SERVICES, type ServiceUnit } from "./configuration/index.ts";
import { KEYSTONE } from "./configuration/keystone.ts";
import { CLOUD_IMAGE } from "./image.ts";
import { startUnits, waitForUnits, writeConfiguration } from "./install.ts";
import { ensureLibatomic } from "./libatomic.ts";
import { openPair, type Pair } from "./pair.ts";
import { BASE_FOLDER } from "./paths.ts";
import { ensureSchemaLayer } from "./schema-layer.ts";
import { PASSWORDS, REGION, SITES, type Site } from "./site.ts";

const REGISTER = fileURLToPath(new URL("registration/register.ts", import.meta.url));

/** Where clients in a machine look for clouds. */
const CLOUDS_FILE = "/etc/openstack/clouds.yaml";
const REGISTERED_FILE = "/var/lib/openstack-registered";

/** What a cloud with all of its services takes, with room for the page's tools: 2.5 GiB. */
const MACHINE_BYTES = 2.5 * 2 ** 30;

/** Says that a stage begins. */
export type Say = (stage: string) => void;

/** @returns a sentence that says why a pair cannot be brought up on this host; undefined when it can. */
export function whyNotHere(): string | undefined {
  const missing = Object.values(openPair().sites).filter((machine) => !machine.isOn);
  return whyNoMachines(BASE_FOLDER) ?? whyTooLittleMemory(missing.length * MACHINE_BYTES);
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
  await ensureLibatomic();
  say("tables of the databases");
  await ensureSchemaLayer();
  say("network and arrays");
  mkdirSync(pair.folder, { recursive: true });
  await ensureNetwork(pair.network);
  writeFileSync(pair.cloudsFile, cloudsFileText());
  await pair.arrays.start();
  const both = (work: (machine: Machine, site: Site) => Promise<unknown>) =>
    Promise.all(Object.values(SITES).map((site) => work(pair.sites[site.name], site)));
  say("machines");
  await both(boot);
  say("services");
  await both((machine, site) => startServices(pair, machine, site));
  say("registration");
  await both((machine, site) => finish(pair, machine, site));
}

async function boot(machine: Machine, site: Site): Promise<void> {
  await machine.prepare();
  // The last file that is written tells that all are there.
  if (!existsSync(join(machine.root, CLOUDS_FILE))) {
    writeConfiguration(machine, site);
    writeKeystoneKeys(machine);
    machine.writeFile(CLOUDS_FILE, cloudsFileText());
  }
  await machine.boot();
  await startUnits(machine, INFRASTRUCTURE_UNITS);
}

/** Two keys for tokens and two for credentials, as `keystone-manage fernet_setup` and `credential_setup` make them. */
function writeKeystoneKeys(machine: Machine): void {
  const owner = { user: "keystone", group: "keystone" };
  for (const folder of ["/etc/keystone/fernet-keys", "/etc/keystone/credential-keys"]) {
    for (const name of ["0", "1"]) machine.writeFile(`${folder}/${name}`, fernetKey(), { ...owner, mode: 0o600 });
    machine.setOwner(folder, { ...owner, mode: 0o700 });
  }
}

/** A key of Fernet's specification: 32 random bytes. */
function fernetKey(): string {
  return randomBytes(32).toString("base64url").padEnd(44, "=");
}

/** Those that have to log in start when they can: their starts in vain would take the processors from what they wait for. */
async function startServices(pair: Pair, machine: Machine, site: Site): Promise<void> {
  const units = SERVICES.flatMap((service) => service.units);
  if (isRegistered(machine)) return startUnits(machine, units);
  const [later, now] = [units.filter(logsInAtStart), units.filter((unit) => !logsInAtStart(unit))];
  await Promise.all([startUnits(machine, now), makeIdentity(pair, machine, site)]);
  await startUnits(machine, later);
}

function logsInAtStart(unit: ServiceUnit): boolean {
  return unit.logsInAtStart === true;
}

async function makeIdentity(pair: Pair, machine: Machine, site: Site): Promise<void> {
  const url = `http://${site.name}-controller:5000/v3/`;
  const urls = ["admin", "internal", "public"].map((face) => `--bootstrap-${face}-url ${url}`).join(" ");
  await machine.mustRun(
    `keystone-manage bootstrap --bootstrap-password ${PASSWORDS.admin} --bootstrap-region-id ${REGION} ${urls}`,
    { user: "keystone" },
  );
  await waitForUnits(machine, KEYSTONE.units);
  await register(pair, site, "identity");
}

async function finish(pair: Pair, machine: Machine, site: Site): Promise<void> {
  if (isRegistered(machine)) return register(pair, site, "workers");
  await Promise.all([register(pair, site, "offers"), admitHypervisor(pair, machine, site)]);
  machine.writeFile(REGISTERED_FILE, "");
}

async function admitHypervisor(pair: Pair, machine: Machine, site: Site): Promise<void> {
  await register(pair, site, "workers");
  await machine.mustRun("nova-manage cell_v2 discover_hosts", { user: "nova" });
  await register(pair, site, "hypervisor");
}

/** Whether an earlier run made everything that a cloud has in its databases. */
function isRegistered(machine: Machine): boolean {
  return existsSync(join(machine.root, REGISTERED_FILE));
}

async function register(pair: Pair, site: Site, stage: string): Promise<void> {
  const result = await pair.inNamespace([process.execPath, REGISTER, site.name, stage]);
  requireSuccess(result, `${site.name}: registration of ${stage}`);
}
