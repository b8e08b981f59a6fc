import { expect, test } from "vitest";
import { seedNetwork } from "../cloud-seed.ts";
import { NEUTRON, testWorld } from "../testing.ts";

test("on a shared network members choose neither address nor MAC nor port security nor pairs", async () => {
  const { call, a } = await testWorld();
  const project = a.tenant.basics.adminProject;
  const shared = seedNetwork(a.cloud, { name: "shared", project, cidr: "10.30.0.0/24", isShared: true });
  const network_id = shared.network.id;
  const refused = [
    { fixed_ips: [{ subnet_id: shared.subnet.id, ip_address: "10.30.0.9" }] },
    { mac_address: "fa:16:3e:00:00:01" },
    { port_security_enabled: false },
    { allowed_address_pairs: [{ ip_address: "10.30.0.50" }] },
  ];
  for (const more of refused) {
    const answer = await call(`POST ${NEUTRON}/ports`, a.member, { port: { network_id, ...more } });
    expect(answer.status).toBe(403);
    expect(answer.body.NeutronError.type).toBe("PolicyNotAuthorized");
  }
  const bySubnet = { network_id, fixed_ips: [{ subnet_id: shared.subnet.id }] };
  expect((await call(`POST ${NEUTRON}/ports`, a.member, { port: bySubnet })).status).toBe(201);
  const all = Object.assign(
    { network_id, project_id: a.tenant.project.id },
    ...refused.filter((_, index) => index !== 2),
  );
  const made = await call(`POST ${NEUTRON}/ports`, a.admin, { port: all });
  expect(made.status).toBe(201);
  expect(made.body.port).toMatchObject({ project_id: a.tenant.project.id, mac_address: "fa:16:3e:00:00:01" });
});

test("a MAC or an address in use is a 409 and one outside the subnet a 400", async () => {
  const { call, a } = await testWorld();
  const network_id = a.tenant.front.network.id;
  const port = a.threeTier.web.ports[0];
  const create = (more: unknown) => call(`POST ${NEUTRON}/ports`, a.member, { port: { network_id, ...Object(more) } });
  const mac = await create({ mac_address: port?.macAddress.toUpperCase() });
  expect([mac.status, mac.body.NeutronError.type]).toEqual([409, "MacAddressInUse"]);
  const address = await create({ fixed_ips: [{ ip_address: "10.10.0.11" }] });
  expect([address.status, address.body.NeutronError.type]).toEqual([409, "IpAddressAlreadyAllocated"]);
  const outside = await create({ fixed_ips: [{ ip_address: "192.0.2.1" }] });
  expect([outside.status, outside.body.NeutronError.type]).toEqual([400, "InvalidIpForNetwork"]);
});

test("bindings are shown to administrators only", async () => {
  const { call, a } = await testWorld();
  const url = `GET ${NEUTRON}/ports?device_id=${a.threeTier.web.server.id}`;
  expect((await call(url, a.member)).body.ports[0]).not.toHaveProperty("binding:host_id");
  const [port] = (await call(url, a.admin)).body.ports;
  expect(port["binding:host_id"]).toBe("compute-site-a-1");
  expect(port.device_owner).toBe("compute:nova");
});

test("ports over quota are refused with OverQuota and the details show use", async () => {
  const { call, a } = await testWorld();
  a.cloud.networks.limitsOf(a.tenant.project.id).port = 4;
  const port = { network_id: a.tenant.front.network.id };
  const answer = await call(`POST ${NEUTRON}/ports`, a.member, { port });
  expect([answer.status, answer.body.NeutronError.type]).toEqual([409, "OverQuota"]);
  const { body } = await call(`GET ${NEUTRON}/quotas/${a.tenant.project.id}/details.json`, a.member);
  expect(body.quota.port).toEqual({ limit: 4, used: 4, reserved: 0 });
});

test("a floating address comes from the external network and only administrators choose it", async () => {
  const { call, a } = await testWorld();
  const floating_network_id = a.tenant.basics.external.network.id;
  const port_id = a.threeTier.web.ports[0]?.id;
  const made = await call(`POST ${NEUTRON}/floatingips`, a.member, { floatingip: { floating_network_id, port_id } });
  expect(made.body.floatingip).toMatchObject({ floating_ip_address: "203.0.113.2", fixed_ip_address: "10.10.0.11" });
  const chosen = { floating_network_id, floating_ip_address: "203.0.113.77" };
  expect((await call(`POST ${NEUTRON}/floatingips`, a.member, { floatingip: chosen })).status).toBe(403);
  expect((await call(`POST ${NEUTRON}/floatingips`, a.admin, { floatingip: chosen })).status).toBe(201);
});
