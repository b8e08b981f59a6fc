import { INFRASTRUCTURE_UNITS, SERVICES } from "../clouds/configuration/index.ts";
import { waitForUnits } from "../clouds/install.ts";
import type { Machine } from "../machines/machine.ts";

const PROTECTOR = ["protector-engine", "protector-api"];
const CLOUD_UNITS = SERVICES.flatMap(({ units }) => units);
const ALL = [...PROTECTOR, ...[...CLOUD_UNITS, ...INFRASTRUCTURE_UNITS].map(({ name }) => name)].join(" ");

/** Stops Protector, every OpenStack service and what they stand on, Protector's engine first. */
export async function stopControlPlane(machine: Machine): Promise<void> {
  await machine.systemctl("stop", "protector-engine");
  await machine.systemctl("stop", ALL);
}

/** Starts all of it, and resolves when everything serves; nothing happens to what runs. */
export async function startControlPlane(machine: Machine): Promise<void> {
  await machine.mustRun(`systemctl start --no-block ${ALL}`);
  await waitForUnits(machine, [...INFRASTRUCTURE_UNITS, ...CLOUD_UNITS, { name: "protector-api", port: 8788 }]);
  await waitForUnits(machine, [{ name: "protector-engine" }]);
}
