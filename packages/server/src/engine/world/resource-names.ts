import type { MappingKind } from "@protector/contract";
import type { Cloud } from "@protector/openstack";

/** A resource of a site. */
export interface ResourceRef {
  readonly kind: MappingKind;
  readonly id: string;
}

/** Names of resources by id, one call for each; those that have none or are gone are left out. */
export async function resourceNames(
  { network }: Pick<Cloud, "network">,
  resources: readonly ResourceRef[],
): Promise<ReadonlyMap<string, string>> {
  const kinds = new Map(resources.map(({ id, kind }) => [id, kind]));
  const found = await Promise.all(
    [...kinds].map(async ([id, kind]) => {
      const resource = await find(network, kind, id);
      return resource?.name ? ([id, resource.name] as const) : undefined;
    }),
  );
  return new Map(found.filter((each) => each !== undefined));
}

function find(
  network: Cloud["network"],
  kind: MappingKind,
  id: string,
): Promise<{ readonly name: string } | undefined> {
  switch (kind) {
    case "network":
    case "floating_ip_pool":
      return network.findNetwork(id);
    case "subnet":
      return network.findSubnet(id);
    case "security_group":
      return network.findSecurityGroup(id);
    default:
      return Promise.resolve(undefined);
  }
}
