import { PREFIX } from "../people.ts";
import type { Scene } from "../scene.ts";
import type { Stage } from "../stage.ts";

const NO_ID = "00000000-0000-4000-8000-000000000000";
const MAC = "fa:16:3e:0d:12:01";

/** Neutron: networks, ports, security groups, floating IPs, quotas. */
export async function playNetwork(scene: Scene, stage: Stage): Promise<void> {
  await networks(scene, stage);
  await securityGroups(scene, stage);
  await ports(scene, stage);
  await sharedPorts(scene, stage);
  await floatingIps(scene, stage);
  await quotas(scene, stage);
  await scene.calls("ask Neutron with a token that is none", stage.member, {
    service: "network",
    method: "GET",
    path: "/networks",
    token: "no-token",
  });
}

async function networks(scene: Scene, stage: Stage): Promise<void> {
  const { service, member, stranger, networkId, subnetId, projectId } = stage;
  await scene.does("find a network", service, ({ network }) => network.findNetwork(networkId));
  await scene.does("find a network", member, ({ network }) => network.findNetwork(networkId));
  await scene.does("find a network of others", stranger, ({ network }) => network.findNetwork(networkId));
  await scene.does("find a network that is not there", service, ({ network }) => network.findNetwork(NO_ID));
  await scene.does("list networks", member, ({ network }) => network.listNetworks({}));
  await scene.does("list networks of a project", service, ({ network }) => network.listNetworks({ projectId }));
  await scene.does("list external networks", member, ({ network }) => network.listNetworks({ isExternal: true }));
  await scene.calls("list one network of several", member, {
    service: "network",
    method: "GET",
    path: "/networks?limit=1&sort_key=name&sort_dir=asc",
  });
  await scene.does("find a subnet", member, ({ network }) => network.findSubnet(subnetId));
  await scene.does("find a subnet that is not there", member, ({ network }) => network.findSubnet(NO_ID));
  await scene.does("list the subnets of a network", member, ({ network }) => network.listSubnets({ networkId }));
  const wanted = { name: `${PREFIX}-test`, description: "isolated", projectId, mtu: 1400 };
  const made = await scene.does("make a network for a project", service, ({ network }) =>
    network.createNetwork(wanted),
  );
  const subnet = {
    networkId: made.id,
    projectId,
    name: `${PREFIX}-test-subnet`,
    description: "isolated",
    cidr: "10.32.0.0/24",
    ipVersion: 4,
    gatewayIp: "10.32.0.1",
    isDhcpEnabled: true,
    allocationPools: [{ start: "10.32.0.10", end: "10.32.0.99" }],
  } as const;
  const { id } = await scene.does("make a subnet for a project", service, ({ network }) =>
    network.createSubnet(subnet),
  );
  const closed = { ...subnet, cidr: "10.33.0.0/24", gatewayIp: null, isDhcpEnabled: false, allocationPools: [] };
  await scene.does("make a subnet without a gateway", service, ({ network }) => network.createSubnet(closed));
  await scene.refuses("make a subnet that overlaps", service, ({ network }) => network.createSubnet(subnet));
  await scene.refuses("make a network for a project of others", stranger, ({ network }) =>
    network.createNetwork(wanted),
  );
  const port = { networkId: made.id, projectId, name: "", description: "", fixedIps: [], securityGroupIds: [] };
  const rest = { isPortSecurityEnabled: true, allowedAddressPairs: [] };
  const plugged = await service.cloud.network.createPort({ ...port, ...rest, fixedIps: [{ subnetId: id }] });
  await scene.refuses("delete a network in use", service, ({ network }) => network.deleteNetwork(made.id));
  await scene.refuses("delete a subnet in use", service, ({ network }) => network.deleteSubnet(id));
  await service.cloud.network.deletePort(plugged.id);
  await scene.does("delete a subnet", service, ({ network }) => network.deleteSubnet(id));
  await scene.does("delete a subnet that is gone", service, ({ network }) => network.deleteSubnet(id));
  await scene.does("delete a network", service, ({ network }) => network.deleteNetwork(made.id));
  await scene.does("delete a network that is gone", service, ({ network }) => network.deleteNetwork(made.id));
}

async function securityGroups(scene: Scene, stage: Stage): Promise<void> {
  const { service, member, stranger, securityGroupId: id, projectId } = stage;
  await scene.does("list the security groups of a project", service, ({ network }) =>
    network.listSecurityGroups({ projectId }),
  );
  await scene.does("list security groups by name", member, ({ network }) =>
    network.listSecurityGroups({ name: PREFIX }),
  );
  await scene.does("find a security group", service, ({ network }) => network.findSecurityGroup(id));
  await scene.does("find a security group of others", stranger, ({ network }) => network.findSecurityGroup(id));
  await madeSecurityGroup(scene, stage);
}

/** Made by the member himself, as `mapping suggest` does. */
async function madeSecurityGroup(scene: Scene, { member, stranger }: Stage): Promise<void> {
  const wanted = { name: `${PREFIX}-made`, description: "as at the other site" };
  const { id } = await scene.does("make a security group", member, ({ network }) =>
    network.createSecurityGroup(wanted),
  );
  const rule = {
    direction: "ingress",
    etherType: "IPv4",
    protocol: "tcp",
    portMin: 8443,
    portMax: 8443,
    remoteCidr: "10.30.0.0/24",
    remoteGroupId: null,
  } as const;
  const group = { ...rule, protocol: null, portMin: null, portMax: null, remoteCidr: null, remoteGroupId: id };
  await scene.does("make a rule", member, ({ network }) => network.createSecurityGroupRule(id, rule));
  await scene.does("make a rule of a group", member, ({ network }) => network.createSecurityGroupRule(id, group));
  await scene.refuses("make a rule that is there", member, ({ network }) => network.createSecurityGroupRule(id, rule));
  await scene.refuses("make a rule of ports that are none", member, ({ network }) =>
    network.createSecurityGroupRule(id, { ...rule, portMin: 9, portMax: 8 }),
  );
  await scene.refuses("make a rule in a group that is not there", member, ({ network }) =>
    network.createSecurityGroupRule(NO_ID, rule),
  );
  await scene.refuses("make a rule in a group of others", stranger, ({ network }) =>
    network.createSecurityGroupRule(id, rule),
  );
  const made = await scene.does("find a security group that was made", member, ({ network }) =>
    network.findSecurityGroup(id),
  );
  const own = made?.rules.find(({ portMin }) => portMin === 8443)?.id ?? "";
  await scene.does("delete a rule", member, ({ network }) => network.deleteSecurityGroupRule(own));
  await scene.does("delete a rule that is gone", member, ({ network }) => network.deleteSecurityGroupRule(own));
}

async function ports(scene: Scene, stage: Stage): Promise<void> {
  const { service, trust, stranger, networkId, subnetId, projectId, securityGroupId } = stage;
  const wanted = {
    networkId,
    projectId,
    name: `${PREFIX}-port`,
    description: "Protector operation",
    macAddress: MAC,
    fixedIps: [{ subnetId, address: "10.30.0.50" }],
    securityGroupIds: [securityGroupId],
    isPortSecurityEnabled: true,
    allowedAddressPairs: [{ ipAddress: "10.30.0.99", macAddress: MAC }],
    vnicType: "normal",
  } as const;
  const { id } = await scene.does("make a port with an address", service, ({ network }) => network.createPort(wanted));
  await scene.does("find a port", service, ({ network }) => network.findPort(id));
  await scene.does("find a port", trust, ({ network }) => network.findPort(id));
  await scene.does("find a port of others", stranger, ({ network }) => network.findPort(id));
  await scene.does("find a port that is not there", service, ({ network }) => network.findPort(NO_ID));
  const filter = { networkId, macAddress: MAC, name: `${PREFIX}-port`, projectId };
  await scene.does("list ports by MAC", service, ({ network }) => network.listPorts(filter));
  await scene.does("list ports of nobody", service, ({ network }) => network.listPorts({ deviceId: NO_ID }));
  const other = { ...wanted, fixedIps: [{ subnetId, address: "10.30.0.51" }] };
  await scene.refuses("make a port with a MAC in use", service, ({ network }) => network.createPort(other));
  const twin = { ...wanted, macAddress: "fa:16:3e:0d:12:02" };
  await scene.refuses("make a port with an address in use", service, ({ network }) => network.createPort(twin));
  const outside = { ...twin, fixedIps: [{ subnetId, address: "10.99.0.1" }] };
  await scene.refuses("make a port with an address outside", service, ({ network }) => network.createPort(outside));
  const free = { ...twin, fixedIps: [{ subnetId }], allowedAddressPairs: [] };
  await scene.refuses("make a port with a security group that is not there", service, ({ network }) =>
    network.createPort({ ...free, securityGroupIds: [NO_ID] }),
  );
  await scene.refuses("make a port on a network that is not there", service, ({ network }) =>
    network.createPort({ ...free, networkId: NO_ID }),
  );
  const at = { fixedIps: [{ subnetId, address: "10.30.0.52" }] };
  const open = { ...free, ...at, securityGroupIds: [], isPortSecurityEnabled: false };
  const unfiltered = await scene.does("make a port without port security", service, ({ network }) =>
    network.createPort(open),
  );
  await scene.does("delete a port", service, ({ network }) => network.deletePort(unfiltered.id));
  await scene.does("delete a port that is gone", service, ({ network }) => network.deletePort(unfiltered.id));
  await scene.does("delete a port of others", stranger, ({ network }) => network.deletePort(id));
  await service.cloud.network.deletePort(id);
}

/** On a shared network a member may choose a subnet only. */
async function sharedPorts(scene: Scene, stage: Stage): Promise<void> {
  const { trust, service, sharedNetworkId: networkId, sharedSubnetId: subnetId, projectId } = stage;
  const wanted = {
    networkId,
    projectId,
    name: `${PREFIX}-shared-port`,
    description: "",
    fixedIps: [{ subnetId, address: "10.31.0.50" }],
    securityGroupIds: [stage.securityGroupId],
    isPortSecurityEnabled: true,
    allowedAddressPairs: [],
  };
  await scene.refuses("choose an address on a shared network", trust, ({ network }) => network.createPort(wanted));
  const withMac = { ...wanted, fixedIps: [{ subnetId }], macAddress: MAC };
  await scene.refuses("choose a MAC on a shared network", trust, ({ network }) => network.createPort(withMac));
  const { id } = await scene.does("choose an address on a shared network", service, ({ network }) =>
    network.createPort(wanted),
  );
  await service.cloud.network.deletePort(id);
}

async function floatingIps(scene: Scene, stage: Stage): Promise<void> {
  const { service, trust, stranger, networkId, subnetId, projectId, externalNetworkId } = stage;
  const common = { projectId, securityGroupIds: [], isPortSecurityEnabled: true, allowedAddressPairs: [] };
  const port = await service.cloud.network.createPort({
    ...common,
    networkId,
    name: `${PREFIX}-floating`,
    description: "",
    fixedIps: [{ subnetId, address: "10.30.0.60" }],
  });
  const wanted = { networkId: externalNetworkId, projectId, portId: port.id, description: PREFIX };
  const { id, address } = await scene.does("make a floating IP for a port", service, ({ network }) =>
    network.createFloatingIp(wanted),
  );
  await scene.does("list the floating IPs of a project", service, ({ network }) =>
    network.listFloatingIps({ projectId }),
  );
  await scene.does("list floating IPs by port and address", trust, ({ network }) =>
    network.listFloatingIps({ portId: port.id, address }),
  );
  const { portId: _bound, ...loose } = wanted;
  await scene.refuses("make a floating IP with an address in use", service, ({ network }) =>
    network.createFloatingIp({ ...loose, address }),
  );
  await scene.does("take a floating IP off its port", service, ({ network }) => network.associateFloatingIp(id, null));
  await scene.does("put a floating IP on a port", service, ({ network }) => network.associateFloatingIp(id, port.id));
  await scene.refuses("put a floating IP of others on a port", stranger, ({ network }) =>
    network.associateFloatingIp(id, port.id),
  );
  await scene.refuses("choose a floating IP's address", trust, ({ network }) =>
    network.createFloatingIp({ ...loose, address: "203.0.113.200" }),
  );
  await scene.does("delete a floating IP", service, ({ network }) => network.deleteFloatingIp(id));
  await scene.does("delete a floating IP that is gone", service, ({ network }) => network.deleteFloatingIp(id));
  await service.cloud.network.deletePort(port.id);
  const away = await service.cloud.network.createPort({
    ...common,
    networkId: stage.sharedNetworkId,
    name: `${PREFIX}-away`,
    description: "",
    fixedIps: [],
  });
  await scene.refuses("make a floating IP for a port without a router", service, ({ network }) =>
    network.createFloatingIp({ ...wanted, portId: away.id }),
  );
  await service.cloud.network.deletePort(away.id);
}

async function quotas(scene: Scene, stage: Stage): Promise<void> {
  const { service, member, stranger, administrator, projectId, networkId } = stage;
  await scene.does("read the quota of a project", service, ({ network }) => network.quota(projectId));
  await scene.tries("read the quota of one's project", member, ({ network }) => network.quota(projectId));
  await scene.refuses("read the quota of another project", stranger, ({ network }) => network.quota(projectId));
  const limit = (body: object) =>
    scene.raw(administrator, {
      service: "network",
      method: "PUT",
      path: `/quotas/${projectId}`,
      body: { quota: body },
    });
  await limit({ port: 0, floatingip: 0, network: 1, subnet: 1 });
  const common = { projectId, name: `${PREFIX}-over`, description: "" };
  const port = { ...common, networkId, fixedIps: [], securityGroupIds: [], isPortSecurityEnabled: true };
  await scene.refuses("make a port over quota", service, ({ network }) =>
    network.createPort({ ...port, allowedAddressPairs: [] }),
  );
  await scene.refuses("make a floating IP over quota", service, ({ network }) =>
    network.createFloatingIp({ projectId, description: "", networkId: stage.externalNetworkId }),
  );
  await scene.refuses("make a network over quota", service, ({ network }) => network.createNetwork(common));
  await limit({ port: 100, floatingip: 10, network: 10, subnet: 10 });
}
