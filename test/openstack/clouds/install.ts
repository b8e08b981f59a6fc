import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Machine } from "../machines/machine.ts";
import { INFRASTRUCTURE_FILES, SERVICES, type ServiceUnit } from "./configuration/index.ts";
import { SHIMS } from "./paths.ts";
import type { Site } from "./site.ts";

/** Where Debian's Python packages are. */
const PYTHON_PACKAGES = "/usr/lib/python3/dist-packages";

/** Links in it name the units that start with the machine. */
const ENABLED_UNITS = "/etc/systemd/system/multi-user.target.wants";

/** Debian's units take their time when everything starts at once on a small host that is busy with other things. ms */
const START_LIMIT_MS = 600_000;

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
 * @throws Error with the journals of those that did not.
 */
export async function startUnits(machine: Machine, units: readonly ServiceUnit[]): Promise<void> {
  const names = units.map(({ name }) => name).join(" ");
  // What `systemctl enable` would do, without its detour over the init scripts that Debian's units have beside them.
  const links = units.map(({ name }) => `/lib/systemd/system/${name}.service`).join(" ");
  await machine.mustRun(`ln -sft ${ENABLED_UNITS} ${links} && systemctl start --no-block ${names}`);
  await waitForUnits(machine, units);
}

/**
 * Resolves when every unit serves its port or, without a port, runs.
 * @throws Error with the journals of those that did not in time.
 */
export async function waitForUnits(machine: Machine, units: readonly ServiceUnit[]): Promise<void> {
  const tests = units.map(({ name, port = "" }) => `${name}:${port}`).join(" ");
  const result = await machine.run(WAIT_SCRIPT, { env: { UNITS: tests }, timeoutMs: START_LIMIT_MS });
  if (result.code === 0) return;
  const missing = result.stdout.trim().split("\n").at(-1)?.split(" ") ?? [];
  const journals = await Promise.all(missing.filter(Boolean).map((name) => machine.journal(name)));
  throw new Error([`${machine.name}: did not start: ${missing.join(", ")}`, ...journals].join("\n"));
}

/** A loop within the machine, as entering it for every question would keep a processor busy. Last line: who is missing. */
const WAIT_SCRIPT = `
shopt -s extglob
while [ -n "$UNITS" ]; do
  left=
  for unit in $UNITS; do
    name=\${unit%%:*} port=\${unit##*:}
    if [ -z "$port" ]; then systemctl is-active --quiet $name; else (: < /dev/tcp/127.0.0.1/$port) 2> /dev/null; fi ||
      left="$left $unit"
  done
  UNITS=$left
  echo \${UNITS//:*([0-9])/}
  [ -z "$UNITS" ] || sleep 0.5
done
`;
