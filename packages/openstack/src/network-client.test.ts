import { expect, test } from "vitest";
import { bodyOf, type Script, scriptedCloud } from "./testing/scripted-transport.ts";

const NEUTRON = "http://controller:9696/v2.0";

/** As Neutron Zed shows it to an administrator. */
const PORT = {
  id: "port-1",
  name: "web-1",
  network_id: "n-1",
  tenant_id: "p-9",
  project_id: "p-9",
  mac_address: "fa:16:3e:00:00:01",
  admin_state_up: true,
  status: "DOWN",
  device_id: "",
  device_owner: "",
  fixed_ips: [{ subnet_id: "sub-1", ip_address: "10.0.0.5" }],
  allowed_address_pairs: [{ ip_address: "10.0.0.9", mac_address: "fa:16:3e:00:00:01" }],
  extra_dhcp_opts: [],
  security_groups: ["sg-1"],
  description: "",
  "binding:vnic_type": "normal",
  "binding:profile": {},
  "binding:host_id": "",
  "binding:vif_type": "unbound",
  "binding:vif_details": {},
  port_security_enabled: true,
  tags: ["t"],
  created_at: "2026-11-22T10:00:00Z",
  updated_at: "2026-11-22T10:00:00Z",
  revision_number: 1,
};

const REQUEST = {
  networkId: "n-1",
  projectId: "p-9",
  name: "web-1",
  description: "",
  macAddress: "fa:16:3e:00:00:01",
  fixedIps: [{ subnetId: "sub-1", address: "10.0.0.5" }, { subnetId: "sub-2" }],
  securityGroupIds: ["sg-1"],
  isPortSecurityEnabled: true,
  allowedAddressPairs: [{ ipAddress: "10.0.0.9", macAddress: "fa:16:3e:00:00:01" }],
};

function neutron(script: Script) {
  return scriptedCloud(
    Object.fromEntries(Object.entries(script).map(([call, answer]) => [call.replace(" ", ` ${NEUTRON}`), answer])),
  );
}

test("a port is created with its addresses and read back", async () => {
  const scripted = neutron({
    "GET /extensions/port-security": { body: { extension: { alias: "port-security", name: "Port Security" } } },
    "POST /ports": { status: 201, body: { port: PORT } },
  });
  expect(await scripted.run(scripted.cloud.network.createPort(REQUEST))).toEqual({
    id: "port-1",
    name: "web-1",
    networkId: "n-1",
    projectId: "p-9",
    deviceId: "",
    deviceOwner: "",
    macAddress: "fa:16:3e:00:00:01",
    fixedIps: [{ subnetId: "sub-1", address: "10.0.0.5" }],
    securityGroupIds: ["sg-1"],
    isPortSecurityEnabled: true,
    allowedAddressPairs: [{ ipAddress: "10.0.0.9", macAddress: "fa:16:3e:00:00:01" }],
    dnsName: undefined,
    vnicType: "normal",
    status: "DOWN",
    description: "",
    tags: ["t"],
  });
  expect(bodyOf(scripted, `POST ${NEUTRON}/ports`)).toEqual({
    port: {
      network_id: "n-1",
      project_id: "p-9",
      name: "web-1",
      description: "",
      admin_state_up: true,
      mac_address: "fa:16:3e:00:00:01",
      fixed_ips: [{ subnet_id: "sub-1", ip_address: "10.0.0.5" }, { subnet_id: "sub-2" }],
      security_groups: ["sg-1"],
      port_security_enabled: true,
      allowed_address_pairs: [{ ip_address: "10.0.0.9", mac_address: "fa:16:3e:00:00:01" }],
    },
  });
});

test("port security is not mentioned to a cloud without the extension", async () => {
  const missing = { status: 404, body: { NeutronError: { type: "ExtensionsNotFound", message: "no", detail: "" } } };
  const scripted = neutron({
    "GET /extensions/port-security": missing,
    "POST /ports": { status: 201, body: { port: PORT } },
  });
  await scripted.run(scripted.cloud.network.createPort(REQUEST));
  expect(scripted.sentTo(`POST ${NEUTRON}/ports`)[0]?.body).not.toContain("port_security_enabled");
});

test("filters have Neutron's names", async () => {
  const scripted = neutron({
    "GET /networks?name=net&project_id=p-9&router%3Aexternal=true": { body: { networks: [] } },
    "GET /ports?device_id=s-1&network_id=n-1&mac_address=fa%3A16%3A3e%3A00%3A00%3A01": { body: { ports: [PORT] } },
    "GET /subnets?network_id=n-1": { body: { subnets: [] } },
    "GET /security-groups?project_id=p-9&name=default": { body: { security_groups: [] } },
    "GET /floatingips?port_id=port-1": { body: { floatingips: [] } },
  });
  const { network } = scripted.cloud;
  await scripted.run(network.listNetworks({ name: "net", projectId: "p-9", isExternal: true }));
  const filter = { deviceId: "s-1", networkId: "n-1", macAddress: "fa:16:3e:00:00:01" };
  expect(await scripted.run(network.listPorts(filter))).toHaveLength(1);
  await scripted.run(network.listSubnets({ networkId: "n-1" }));
  await scripted.run(network.listSecurityGroups({ projectId: "p-9", name: "default" }));
  await scripted.run(network.listFloatingIps({ portId: "port-1" }));
});

test("networks, subnets, security groups, floating addresses and quotas are read", async () => {
  const scripted = neutron({
    "GET /networks/n-1": {
      body: {
        network: {
          id: "n-1",
          name: "private",
          tenant_id: "p-9",
          admin_state_up: true,
          mtu: 1450,
          status: "ACTIVE",
          subnets: ["sub-1"],
          shared: false,
          "router:external": false,
          availability_zones: [],
        },
      },
    },
    "GET /subnets/sub-1": {
      body: {
        subnet: {
          id: "sub-1",
          name: "",
          network_id: "n-1",
          project_id: "p-9",
          ip_version: 4,
          cidr: "10.0.0.0/24",
          gateway_ip: null,
          enable_dhcp: true,
          allocation_pools: [{ start: "10.0.0.2", end: "10.0.0.254" }],
        },
      },
    },
    "GET /security-groups/sg-1": {
      body: {
        security_group: {
          id: "sg-1",
          name: "default",
          description: "Default security group",
          project_id: "p-9",
          stateful: true,
          security_group_rules: [
            {
              id: "r-1",
              direction: "ingress",
              ethertype: "IPv4",
              protocol: "tcp",
              port_range_min: 22,
              port_range_max: 22,
              remote_ip_prefix: "0.0.0.0/0",
              remote_group_id: null,
              security_group_id: "sg-1",
            },
          ],
        },
      },
    },
    "POST /floatingips": {
      status: 201,
      body: {
        floatingip: {
          id: "f-1",
          floating_ip_address: "203.0.113.5",
          fixed_ip_address: "10.0.0.5",
          floating_network_id: "ext",
          port_id: "port-1",
          router_id: "r",
          project_id: "p-9",
          status: "DOWN",
          description: "d",
        },
      },
    },
    "GET /quotas/p-9/details.json": {
      body: {
        quota: {
          port: { limit: 500, used: 3, reserved: 1 },
          floatingip: { limit: 50, used: 0, reserved: 0 },
          network: { limit: -1, used: 1, reserved: 0 },
          subnet: { limit: 100, used: 1, reserved: 0 },
          router: { limit: 10, used: 0, reserved: 0 },
        },
      },
    },
  });
  const { network } = scripted.cloud;
  expect(await scripted.run(network.findNetwork("n-1"))).toMatchObject({
    projectId: "p-9",
    mtu: 1450,
    isExternal: false,
  });
  expect(await scripted.run(network.findSubnet("sub-1"))).toMatchObject({
    cidr: "10.0.0.0/24",
    gatewayIp: null,
    ipVersion: 4,
  });
  expect((await scripted.run(network.findSecurityGroup("sg-1")))?.rules).toEqual([
    {
      id: "r-1",
      direction: "ingress",
      etherType: "IPv4",
      protocol: "tcp",
      portMin: 22,
      portMax: 22,
      remoteCidr: "0.0.0.0/0",
      remoteGroupId: null,
    },
  ]);
  const request = { networkId: "ext", projectId: "p-9", portId: "port-1", description: "d" };
  expect((await scripted.run(network.createFloatingIp(request))).address).toBe("203.0.113.5");
  expect(await scripted.run(network.quota("p-9"))).toEqual({
    ports: { limit: 500, used: 4 },
    floatingIps: { limit: 50, used: 0 },
    networks: { limit: -1, used: 1 },
    subnets: { limit: 100, used: 1 },
  });
});
