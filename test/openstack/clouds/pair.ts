import { join } from "node:path";
import type { CommandOptions, CommandResult } from "../machines/command.ts";
import { imageFolder } from "../machines/image.ts";
import { Machine } from "../machines/machine.ts";
import { type Network, runInNamespace } from "../machines/network.ts";
import { Arrays } from "./arrays.ts";
import { CLOUD_IMAGE } from "./image.ts";
import { pairFolder, pairName, pairNamespace } from "./paths.ts";
import { schemaLayerFolder } from "./schema-layer.ts";
import { ARRAY_DATA_MOUNT, ARRAYS, hostsOf, RUNNER_ADDRESS, runnerHosts, SITES, type SiteName } from "./site.ts";

export type { CommandOptions, CommandResult } from "../machines/command.ts";
export type { FileOwner, MachineCommandOptions } from "../machines/machine.ts";
export { Machine } from "../machines/machine.ts";
export type { Arrays } from "./arrays.ts";
export { ARRAYS, type ArrayName, PASSWORDS, REGION, RUNNER_ADDRESS, SITES, type SiteName } from "./site.ts";

/** Two clouds and the arrays below them. The object is a handle: making one starts nothing. */
export interface Pair {
  readonly name: string;
  /** Holds everything of this pair. */
  readonly folder: string;
  /** `clouds.yaml` with `site-a`, `site-b` (administrator) and `site-a-demo`, `site-b-demo` (member). */
  readonly cloudsFile: string;
  readonly network: Network;
  readonly sites: Readonly<Record<SiteName, Machine>>;
  readonly arrays: Arrays;
  /** Runs a command beside the clouds: it sees their network and knows `site-a-controller` and `site-b-controller`. */
  inNamespace(command: readonly string[], options?: CommandOptions): Promise<CommandResult>;
}

/** The pair with this name, by default the one that `PROTECTOR_OPENSTACK_PAIR` names. */
export function openPair(name = pairName()): Pair {
  const folder = pairFolder(name);
  const namespace = pairNamespace(name);
  const arrays = new Arrays(namespace, join(folder, "arrays"));
  const layers = [schemaLayerFolder(), imageFolder(CLOUD_IMAGE)];
  const machine = (site: SiteName) =>
    new Machine({
      name: site,
      namespace,
      address: SITES[site].address,
      hosts: hostsOf(SITES[site]),
      folder: join(folder, site),
      layers,
      sharedFolders: { [ARRAY_DATA_MOUNT]: arrays.dataFolder },
    });
  const addresses = [RUNNER_ADDRESS, ...Object.values(ARRAYS).map(({ address }) => address)];
  return {
    name,
    folder,
    cloudsFile: join(folder, "clouds.yaml"),
    network: { namespace, addresses, hosts: runnerHosts() },
    sites: { "site-a": machine("site-a"), "site-b": machine("site-b") },
    arrays,
    inNamespace: (command, options) => runInNamespace(namespace, command, options),
  };
}
