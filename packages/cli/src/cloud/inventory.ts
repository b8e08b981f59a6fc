import type { SecurityRule, SiteInventory } from "@protector/contract";
import type { Cloud, RuleContent, SecurityGroup } from "@protector/openstack";

/** Lists what this login sees of a site that can be mapped. @throws OutsideError of the first service that refuses. */
export async function siteInventory(cloud: Cloud): Promise<SiteInventory> {
  const { compute, network, volume, image } = cloud;
  const { projectId } = (await cloud.token()).content;
  const [networks, subnets, groups, flavors, keyPairs, zones, serverGroups, types, images] = await Promise.all([
    network.listNetworks({}),
    network.listSubnets({}),
    network.listSecurityGroups(projectId === undefined ? {} : { projectId }),
    compute.listFlavors(),
    compute.listKeypairs(),
    compute.listAvailabilityZones(),
    compute.listServerGroups(),
    volume.listTypes(),
    image.listImages({}),
  ]);
  return {
    networks: networks.map(({ id, name, isExternal }) => ({ id, name, is_external: isExternal })),
    subnets: subnets.map(({ id, name, networkId, cidr }) => ({ id, name, network_id: networkId, cidr })),
    flavors: flavors.map(({ id, name, vcpus, ramMiB, diskGiB, extraSpecs }) => {
      return { id, name, vcpus, ram_mib: ramMiB, disk_gib: diskGiB, extra_specs: { ...extraSpecs } };
    }),
    security_groups: groups.map(groupOf),
    key_pairs: keyPairs.map(({ name, publicKey }) => ({ name, public_key: publicKey })),
    availability_zones: [...zones],
    volume_types: types.map(({ name, extraSpecs }) => ({ name, extra_specs: { ...extraSpecs } })),
    images: images.map(({ id, name }) => ({ id, name: name ?? "" })),
    server_groups: serverGroups.map(({ id, name, policy }) => ({ id, name, policy })),
  };
}

function groupOf({ id, name, rules }: SecurityGroup): SiteInventory["security_groups"][number] {
  return { id, name, rules: rules.map(ruleOf) };
}

function ruleOf(rule: RuleContent): SecurityRule {
  return {
    direction: rule.direction,
    ethertype: rule.etherType,
    protocol: rule.protocol,
    port_range_min: rule.portMin,
    port_range_max: rule.portMax,
    remote_ip_prefix: rule.remoteCidr,
    remote_group_id: rule.remoteGroupId,
  };
}
