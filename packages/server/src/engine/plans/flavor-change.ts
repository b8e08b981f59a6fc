import type { ServerDescription } from "@protector/contract";
import type { Server } from "@protector/openstack";
import type { MappingLookup } from "../world/mapping.ts";
import type { FailoverInput } from "./failover-input.ts";
import { correspondence } from "./nic-changes.ts";

/** A server that was resized while it was away. */
export interface FlavorChange {
  /** Names of the flavors at home, and of that at the other site. */
  readonly from: string;
  readonly away: string;
  /** What it becomes at home; undefined: nothing there is mapped to the flavor that it has now. */
  readonly to:
    | { readonly id: string; readonly name: string; readonly vcpus: number; readonly ramMiB: number }
    | undefined;
  readonly size: { readonly vcpus: number; readonly ramMiB: number };
}

/** Compares the flavor that a server has with the one that the way out gave it. Undefined = nobody resized it. */
export function flavorChange(
  { mapping, target }: Pick<FailoverInput, "mapping" | "target">,
  now: ServerDescription,
  at: { readonly home: ServerDescription; readonly server: Server; readonly outward: MappingLookup },
): FlavorChange | undefined {
  const then = at.home.flavor;
  const isSame = now.flavor.vcpus === then.vcpus && now.flavor.ram_mib === then.ram_mib;
  const isUnknown = isSame && at.outward.find("flavor", then.id) === undefined;
  if (isUnknown || correspondence(mapping, at.outward)("flavor", then.id, now.flavor.id)) return undefined;
  const to = target.flavors.get(mapping.find("flavor", now.flavor.id) ?? "");
  const { originalName: from, vcpus, ramMiB } = at.server.flavor;
  return to?.name === from ? undefined : { from, away: now.flavor.name, to, size: { vcpus, ramMiB } };
}
