import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Machine } from "../machines/machine.ts";
import { waitFor } from "../machines/wait.ts";
import { INFRASTRUCTURE_FILES, SERVICES, type ServiceUnit } from "./configuration/index.ts";
import { SHIMS } from "./paths.ts";
import type { Site } from "./site.ts";

/** Where Debian's Python packages are. */
const PYTHON_PACKAGES = "/usr/lib/python3/dist-packages";

/** Debian's units take their time when everything starts at once on a small host. ms */
const START_LIMIT_MS = 180_000;

/** Writes the configuration of every service and our Python modules into a machine that has been prepared. */
export function writeConfiguration(machine: Machine, site: Site): void {
  for (const { path, text, group } of [...INFRASTRUCTURE_FILES, ...SERVICES.flatMap(({ files }) => files(site))]) {
    machine.writeFile(path, text, group === undefined ? {} : { group, mode: 0o640 });
  }
  for (const entry of readdirSync(SHIMS, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || entry.parentPath.includes("__pycache__")) continue;
    const source = join(entry.parentPath, entry.name);
    machine.copyIn(source, join(PYTHON_PACKAGES, source.slice(SHIMS.length)));
  }
}

/**
 * Starts units now and at every boot of the machine, and waits until each serves its port or at least runs.
 * @throws Error with the journal of the unit that did not.
 */
export async function startUnits(machine: Machine, units: readonly ServiceUnit[]): Promise<void> {
  const names = units.map(({ name }) => name).join(" ");
  await machine.mustRun(`systemctl enable --quiet ${names} && systemctl start --no-block ${names}`);
  await Promise.all(units.map((unit) => waitForUnit(machine, unit)));
}

/** @throws Error with the unit's journal when it does not serve in time. */
export async function waitForUnit(machine: Machine, { name, port }: ServiceUnit): Promise<void> {
  const test = [`systemctl is-active --quiet ${name}`, ...(port ? [`: < /dev/tcp/${machine.address}/${port}`] : [])];
  const serves = async () => ((await machine.run(test.join(" && "))).code === 0 ? true : undefined);
  await waitFor(serves, {
    what: `${machine.name}: ${name} did not start`,
    timeoutMs: START_LIMIT_MS,
    explain: () => machine.journal(name),
  });
}
