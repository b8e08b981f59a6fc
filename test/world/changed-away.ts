import type { WritingGroup } from "./failover-run.ts";
import { cloudAs } from "./people.ts";

type SiteName = "site-a" | "site-b";

/** A server by name. @throws Error when the site has none. */
export function serverAt({ sites }: WritingGroup, site: SiteName, name: string) {
  const found = [...sites.world.cloud(site).compute.servers.values()].find((server) => server.name === name);
  if (!found) throw new Error(`no ${name} at ${site}`);
  return found;
}

/** Extends both volumes of the server where it runs, as its owner does. */
export async function growAway(writing: WritingGroup, name = "db-01"): Promise<void> {
  const { sites } = writing;
  const tenant = cloudAs(sites, "site-b", "tenant");
  const { volumes } = sites.world.cloud("site-b").volumes;
  for (const { volumeId } of serverAt(writing, "site-b", name).disks)
    await sites.clock.run(tenant.volume.extendVolume(volumeId, (volumes.get(volumeId)?.sizeGiB ?? 0) + 3));
  await sites.clock.advance(60_000);
}

/** Resizes a server where it runs, as its owner does. */
export async function resizeAway(writing: WritingGroup, name: string, flavor: "small" | "medium"): Promise<void> {
  const { sites } = writing;
  const tenant = cloudAs(sites, "site-b", "tenant");
  const { id } = serverAt(writing, "site-b", name);
  await sites.clock.run(tenant.compute.resizeServer(id, sites.b.tenant.basics.flavors[flavor].id));
  await sites.clock.advance(60_000);
  await sites.clock.run(tenant.compute.confirmResize(id));
  await sites.clock.advance(60_000);
}

/** Plugs an interface on the front network, with an address and a security group of its own; answers its MAC. */
export async function plugAway(writing: WritingGroup, name: string, address: string): Promise<string> {
  const { sites } = writing;
  const { front, project, web } = sites.b.tenant;
  const tenant = cloudAs(sites, "site-b", "tenant");
  const port = await sites.clock.run(
    tenant.network.createPort({
      networkId: front.network.id,
      projectId: project.id,
      name: "plugged",
      description: "by its owner",
      fixedIps: [{ subnetId: front.subnet.id, address }],
      securityGroupIds: [web.id],
      isPortSecurityEnabled: true,
      allowedAddressPairs: [],
    }),
  );
  await sites.clock.run(tenant.compute.attachPort(serverAt(writing, "site-b", name).id, port.id));
  await sites.clock.advance(60_000);
  return port.macAddress;
}

/** Gives the first interface of a server a second address and the other security group beside its own. */
export async function rewireAway(writing: WritingGroup, name: string, address: string): Promise<void> {
  const { sites } = writing;
  const { web } = sites.b.tenant;
  const [nic] = nicsAt(writing, "site-b", name);
  if (!nic) throw new Error(`${name} has no interface`);
  const fixedIps = [...nic.fixedIps, { subnetId: nic.fixedIps[0]?.subnetId ?? "", address }];
  const change = { fixedIps, securityGroupIds: [...nic.securityGroupIds, web.id] };
  await sites.clock.run(cloudAs(sites, "site-b", "admin").network.updatePort(nic.id, change));
}

/** Ports of a server, in the order of its interfaces. */
export function nicsAt(writing: WritingGroup, site: SiteName, name: string) {
  const { ports } = writing.sites.world.cloud(site).networks;
  return serverAt(writing, site, name).nics.flatMap(({ portId }) => ports.get(portId) ?? []);
}

/** Everything that a failback brings home in place, of db-01. */
export async function changeAway(writing: WritingGroup): Promise<void> {
  await growAway(writing);
  await resizeAway(writing, "db-01", "small");
  await plugAway(writing, "db-01", "10.10.0.77");
  await rewireAway(writing, "db-01", "10.20.0.99");
}
