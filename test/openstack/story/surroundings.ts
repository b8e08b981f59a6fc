import type { Stage } from "./stage.ts";
import type { Tenancy } from "./tenancy.ts";
import { FLAVORS, KEY_NAME, NETWORKS, otherName, PUBLIC_KEY, SECURITY_GROUPS } from "./workload.ts";

/** How one site names what the workload stands on. */
type Naming = (name: string) => string;

/** Networks, security groups and flavors at both sites under different names; the key pair at the first only. */
export async function makeSurroundings(stage: Stage, { name, member, admin }: Tenancy): Promise<void> {
  const keyFile = `${stage.shell.folder}/${name}.pub`;
  stage.shell.writeFile(keyFile, `${PUBLIC_KEY}\n`);
  const same: Naming = (each) => each;
  const keyPair = ["keypair", "create", "--public-key", keyFile, KEY_NAME];
  await Promise.all([
    admin.openstack(...flavors(name, same)),
    admin.atTheOtherSite.openstack(...flavors(name, otherName)),
    member.openstack(keyPair, ...networks(same), ...securityGroups(same)),
    member.atTheOtherSite.openstack(...networks(otherName), ...securityGroups(otherName)),
  ]);
}

/** Options of `protector mapping set` from the first site's names to the second's. */
export function mappingOptions(tenancy: Tenancy, volumeType: string, volumeTypeThere = volumeType): readonly string[] {
  const pairs = [
    ...Object.keys(NETWORKS).flatMap((name) => [
      ["network", name],
      ["subnet", subnetName(name)],
    ]),
    ...Object.keys(SECURITY_GROUPS).map((name) => ["security-group", name]),
    ...Object.keys(FLAVORS).map((name) => ["flavor", flavorName(tenancy.name, name)]),
  ];
  const options = pairs.flatMap(([kind = "", name = ""]) => [`--${kind}`, `${name}=${otherName(name)}`]);
  return [...options, "--volume-type", `${volumeType}=${volumeTypeThere}`];
}

export function subnetName(network: string): string {
  return `${network}-subnet`;
}

/** Flavors are shared by all tenants of a cloud, so their names carry the tenant's. */
export function flavorName(tenant: string, flavor: string): string {
  return `${tenant}.${flavor}`;
}

function flavors(tenant: string, naming: Naming): readonly (readonly string[])[] {
  return Object.entries(FLAVORS).map(([name, { vcpus, ram }]) => {
    const size = ["--vcpus", String(vcpus), "--ram", String(ram), "--disk", "0"];
    return ["flavor", "create", ...size, naming(flavorName(tenant, name))];
  });
}

function networks(naming: Naming): readonly (readonly string[])[] {
  return Object.entries(NETWORKS).flatMap(([name, range]) => [
    ["network", "create", naming(name)],
    ["subnet", "create", "--network", naming(name), "--subnet-range", range, naming(subnetName(name))],
  ]);
}

function securityGroups(naming: Naming): readonly (readonly string[])[] {
  const groups = Object.keys(SECURITY_GROUPS).map((name) => ["security", "group", "create", naming(name)]);
  const rules = Object.entries(SECURITY_GROUPS).flatMap(([name, wanted]) =>
    wanted.map(({ port, from }) => {
      const source = from.includes("/") ? ["--remote-ip", from] : ["--remote-group", naming(from)];
      const words = ["--ingress", "--protocol", "tcp", "--dst-port", String(port), ...source, naming(name)];
      return ["security", "group", "rule", "create", ...words];
    }),
  );
  return [...groups, ...rules];
}
