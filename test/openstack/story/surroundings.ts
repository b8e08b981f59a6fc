import type { Person } from "./person.ts";
import type { Stage } from "./stage.ts";
import type { Tenancy } from "./tenancy.ts";
import { FLAVORS, KEY_NAME, NETWORKS, otherName, PUBLIC_KEY, SECURITY_GROUPS } from "./workload.ts";

/** How one site names what the workload stands on. */
type Naming = (name: string) => string;

/** Networks, security groups and flavors at both sites under different names; the key pair at the first only. */
export async function makeSurroundings(stage: Stage, { name, member, admin }: Tenancy): Promise<void> {
  const keyFile = `${stage.shell.folder}/${name}.pub`;
  stage.shell.writeFile(keyFile, `${PUBLIC_KEY}\n`);
  await Promise.all([
    (async () => {
      await member.openstack("keypair", "create", "--public-key", keyFile, KEY_NAME);
      await makeSite(name, { member, admin }, (each) => each);
    })(),
    makeSite(name, { member: member.atTheOtherSite, admin: admin.atTheOtherSite }, otherName),
  ]);
}

/** Options of `protector mapping set` from the first site's names to the second's. */
export function mappingOptions(tenancy: Tenancy, volumeType: string): readonly string[] {
  const pairs = [
    ...Object.keys(NETWORKS).flatMap((name) => [
      ["network", name],
      ["subnet", subnetName(name)],
    ]),
    ...Object.keys(SECURITY_GROUPS).map((name) => ["security-group", name]),
    ...Object.keys(FLAVORS).map((name) => ["flavor", flavorName(tenancy.name, name)]),
  ];
  const options = pairs.flatMap(([kind = "", name = ""]) => [`--${kind}`, `${name}=${otherName(name)}`]);
  return [...options, "--volume-type", `${volumeType}=${volumeType}`];
}

export function subnetName(network: string): string {
  return `${network}-subnet`;
}

/** Flavors are shared by all tenants of a cloud, so their names carry the tenant's. */
export function flavorName(tenant: string, flavor: string): string {
  return `${tenant}.${flavor}`;
}

async function makeSite(
  tenant: string,
  { member, admin }: { readonly member: Person; readonly admin: Person },
  naming: Naming,
): Promise<void> {
  for (const [name, { vcpus, ram }] of Object.entries(FLAVORS)) {
    const size = ["--vcpus", String(vcpus), "--ram", String(ram), "--disk", "0"];
    await admin.openstack("flavor", "create", ...size, naming(flavorName(tenant, name)));
  }
  for (const [name, range] of Object.entries(NETWORKS)) {
    const network = naming(name);
    await member.openstack("network", "create", network);
    await member.openstack("subnet", "create", "--network", network, "--subnet-range", range, naming(subnetName(name)));
  }
  for (const name of Object.keys(SECURITY_GROUPS)) await member.openstack("security", "group", "create", naming(name));
  for (const [name, rules] of Object.entries(SECURITY_GROUPS)) {
    for (const { port, from } of rules) {
      const source = from.includes("/") ? ["--remote-ip", from] : ["--remote-group", naming(from)];
      const words = ["--ingress", "--protocol", "tcp", "--dst-port", String(port), ...source, naming(name)];
      await member.openstack("security", "group", "rule", "create", ...words);
    }
  }
}
