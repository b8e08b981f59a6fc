import { expect, test } from "vitest";
import type { HostRequest } from "./placement.ts";
import { play } from "./testing/simulated-scene.ts";

test("identity: tokens, trusts, projects, users and roles", () =>
  play(async ({ service, member, tenant, connect }) => {
    const { value, content } = await member.token();
    expect(content).toMatchObject({ userName: "demo", projectName: "demo", roles: expect.arrayContaining(["member"]) });
    expect(await service.identity.validateToken(value)).toMatchObject({ userId: content.userId });
    expect(await service.identity.validateToken("nonsense")).toBeUndefined();
    const trustee = (await service.token()).content.userId;
    const trust = await member.identity.createTrust({
      trustorUserId: content.userId,
      trusteeUserId: trustee,
      projectId: tenant.project.id,
      roleNames: ["member"],
    });
    const byTrust = connect({
      kind: "password_by_id",
      userId: trustee,
      password: "labsvc",
      scope: { kind: "trust", trustId: trust.id },
    });
    expect((await byTrust.token()).content).toMatchObject({ trustId: trust.id, userId: content.userId });
    expect(await byTrust.compute.listServers({})).toHaveLength(3);
    const byToken = connect({
      kind: "token",
      token: value,
      scope: { kind: "project_by_id", projectId: tenant.project.id },
    });
    expect((await byToken.token()).value).toBe(value);
    await member.identity.deleteTrust(trust.id);
    await member.identity.deleteTrust(trust.id);
    expect(await service.identity.findProject(tenant.project.id)).toMatchObject({ name: "demo", isEnabled: true });
    expect(await service.identity.findProject("missing")).toBeUndefined();
    expect(await service.identity.listProjects({ name: "demo" })).toHaveLength(1);
    expect(await service.identity.findUser(content.userId)).toMatchObject({ name: "demo" });
    await service.identity.grantRole(trustee, tenant.project.id, "member");
    expect(await service.identity.rolesOf(trustee, tenant.project.id)).toContain("member");
    expect(await service.endpoint("volume")).toContain(":8776/v3");
  }));

test("compute: reads", () =>
  play(async ({ service, member, tenant, workload }) => {
    expect(await member.compute.microversion()).toBe("2.93");
    const id = workload.app.server.id;
    const asMember = await member.compute.findServer(id);
    expect(asMember).toMatchObject({
      name: "app-01",
      status: "ACTIVE",
      tags: ["app"],
      host: undefined,
      userData: undefined,
    });
    expect(asMember?.volumeIds).toEqual(workload.app.volumes.map((volume) => volume.id));
    const asAdmin = await service.compute.findServer(id);
    expect(asAdmin).toMatchObject({ rootDeviceName: "/dev/vda", host: expect.stringContaining("compute-site-a") });
    expect(await member.compute.findServer("missing")).toBeUndefined();
    expect(await member.compute.listServers({ tag: "app" })).toHaveLength(1);
    expect(await member.compute.listServers({ name: "app-0" })).toHaveLength(0);
    expect(await service.compute.listServers({ projectId: tenant.project.id, allProjects: true })).toHaveLength(3);
    const attachments = await member.compute.listVolumeAttachments(id);
    expect(attachments.map(({ device }) => device)).toEqual(["/dev/vda", "/dev/vdb"]);
    const [flavor] = await member.compute.listFlavors();
    expect(await member.compute.findFlavor(flavor?.id ?? "")).toEqual(flavor);
    expect(await member.compute.findKeypair(tenant.keyName)).toMatchObject({ name: "demo-key" });
    expect(await service.compute.findKeypair(tenant.keyName, tenant.user.id)).toMatchObject({ name: "demo-key" });
    expect(await member.compute.findKeypair("missing")).toBeUndefined();
    expect(await member.compute.listAvailabilityZones()).toEqual(["nova"]);
    expect((await service.compute.quota(tenant.project.id)).instances.used).toBe(3);
  }));

test("compute: a server's life", () =>
  play(async ({ service, member, tenant, workload, until }) => {
    const { id } = workload.db.server;
    const status = (wanted: string) =>
      until(
        () => member.compute.findServer(id),
        (server) => server?.status === wanted && server.taskState === null,
      );
    await service.compute.lockServer(id, "failover");
    expect(await member.compute.findServer(id)).toMatchObject({ isLocked: true, lockedReason: "failover" });
    await expect(member.compute.stopServer(id)).rejects.toMatchObject({
      failure: { status: 409, failureClass: "final" },
    });
    await service.compute.stopServer(id);
    await status("SHUTOFF");
    await service.compute.unlockServer(id);
    await member.compute.shelveServer(id);
    await status("SHELVED_OFFLOADED");
    await member.compute.unshelveServer(id);
    await status("ACTIVE");
    await member.compute.stopServer(id);
    await status("SHUTOFF");
    await member.compute.startServer(id);
    await status("ACTIVE");
    const group = await member.compute.createServerGroup("apart", "anti-affinity");
    expect(await member.compute.findServerGroup(group.id)).toEqual(group);
    expect(await member.compute.listServerGroups()).toEqual([group]);
    expect(await service.compute.listServerGroups(true)).toEqual([group]);
    const key = await member.compute.importKeypair(
      "mine",
      (await member.compute.findKeypair(tenant.keyName))?.publicKey ?? "",
      "ssh",
    );
    expect(key.name).toBe("mine");
    await member.compute.deleteServer(id);
    await until(
      () => member.compute.findServer(id),
      (server) => server === undefined,
    );
    await member.compute.deleteServer(id);
    const [root] = workload.db.volumes;
    const port = await service.network.createPort({
      networkId: tenant.back.network.id,
      projectId: tenant.project.id,
      name: "rebuilt",
      description: "",
      fixedIps: [{ subnetId: tenant.back.subnet.id, address: "10.20.0.99" }],
      securityGroupIds: [tenant.database.id],
      isPortSecurityEnabled: true,
      allowedAddressPairs: [],
    });
    const created = await member.compute.createServer({
      name: "db-01",
      description: "rebuilt",
      flavorId: tenant.basics.flavors.medium.id,
      keyName: "mine",
      availabilityZone: "nova",
      hostname: "db-01",
      userData: Buffer.from("#!/bin/sh\n").toString("base64"),
      configDrive: true,
      metadata: { tier: "db" },
      tags: ["protector-op-1"],
      networks: [{ portId: port.id }],
      volumes: [{ volumeId: root?.id ?? "", bootIndex: 0, deleteOnTermination: false }],
      serverGroupId: group.id,
    });
    const rebuilt = await until(
      () => service.compute.findServer(created.id),
      (server) => server?.status === "ACTIVE",
    );
    expect(rebuilt).toMatchObject({
      tags: ["protector-op-1"],
      hasConfigDrive: true,
      keyName: "mine",
      description: "rebuilt",
    });
    expect((await member.compute.findServerGroup(group.id))?.memberIds).toEqual([created.id]);
    await member.compute.deleteServerGroup(group.id);
  }));

test("networks, ports, security groups, floating addresses and quotas", () =>
  play(async ({ service, member, tenant, workload }) => {
    const { front, basics, project } = tenant;
    expect(await member.network.findNetwork(front.network.id)).toMatchObject({
      name: "demo-front",
      subnetIds: [front.subnet.id],
    });
    expect(await member.network.findNetwork("missing")).toBeUndefined();
    expect(await member.network.listNetworks({ name: "demo-back" })).toHaveLength(1);
    expect((await member.network.listNetworks({ isExternal: true })).map(({ name }) => name)).toEqual(["public"]);
    expect(await member.network.findSubnet(front.subnet.id)).toMatchObject({ cidr: "10.10.0.0/24", ipVersion: 4 });
    expect(await member.network.listSubnets({ networkId: front.network.id })).toHaveLength(1);
    const ports = await member.network.listPorts({ deviceId: workload.web.server.id });
    expect(ports).toMatchObject([{ fixedIps: [{ address: "10.10.0.11" }], securityGroupIds: [tenant.web.id] }]);
    expect(await member.network.findPort(ports[0]?.id ?? "")).toEqual(ports[0]);
    const request = {
      networkId: front.network.id,
      projectId: project.id,
      name: "p",
      description: "d",
      macAddress: "fa:16:3e:11:22:33",
      fixedIps: [{ subnetId: front.subnet.id, address: "10.10.0.77" }],
      securityGroupIds: [tenant.web.id],
      isPortSecurityEnabled: true,
      allowedAddressPairs: [{ ipAddress: "10.10.0.78", macAddress: "fa:16:3e:11:22:33" }],
    };
    const port = await service.network.createPort(request);
    expect(port).toMatchObject({
      macAddress: "fa:16:3e:11:22:33",
      allowedAddressPairs: request.allowedAddressPairs,
      projectId: project.id,
    });
    await expect(service.network.createPort(request)).rejects.toMatchObject({
      failure: { status: 409, failureClass: "final" },
    });
    expect(
      await service.network.listPorts({ networkId: front.network.id, macAddress: "fa:16:3e:11:22:33" }),
    ).toHaveLength(1);
    const floating = await service.network.createFloatingIp({
      networkId: basics.external.network.id,
      projectId: project.id,
      description: "d",
    });
    await service.network.associateFloatingIp(floating.id, port.id);
    expect(await member.network.listFloatingIps({ portId: port.id })).toMatchObject([
      { id: floating.id, fixedIp: "10.10.0.77" },
    ]);
    await service.network.associateFloatingIp(floating.id, null);
    expect(await member.network.listFloatingIps({ address: floating.address })).toMatchObject([{ portId: null }]);
    await member.network.deleteFloatingIp(floating.id);
    await member.network.deleteFloatingIp(floating.id);
    await service.network.deletePort(port.id);
    await service.network.deletePort(port.id);
    expect(await member.network.listSecurityGroups({ name: "demo-web" })).toMatchObject([{ id: tenant.web.id }]);
    const rules = (await member.network.findSecurityGroup(tenant.web.id))?.rules.filter((rule) => rule.portMin === 443);
    expect(rules).toMatchObject([{ direction: "ingress", protocol: "tcp", remoteCidr: "0.0.0.0/0" }]);
    const quota = await service.network.quota(project.id);
    expect(quota.ports.used).toBe(4);
    const isolated = await member.network.createNetwork({ name: "isolated", description: "d", projectId: project.id });
    const subnet = await member.network.createSubnet({
      networkId: isolated.id,
      projectId: project.id,
      name: "isolated",
      description: "d",
      cidr: "10.10.0.0/24",
      ipVersion: 4,
      gatewayIp: "10.10.0.1",
      isDhcpEnabled: true,
      allocationPools: [{ start: "10.10.0.2", end: "10.10.0.254" }],
    });
    expect((await member.network.findNetwork(isolated.id))?.subnetIds).toEqual([subnet.id]);
    await member.network.deleteSubnet(subnet.id);
    await member.network.deleteNetwork(isolated.id);
    expect(await member.network.findNetwork(isolated.id)).toBeUndefined();
  }));

test("placement: hosts with room", () =>
  play(async ({ site, service, member }) => {
    const small = { resources: { VCPU: 2, MEMORY_MB: 4096 }, traits: [] };
    const notDisabled = { ...small, traits: ["!COMPUTE_STATUS_DISABLED"] };
    const hosts = async (request: HostRequest, limit: number) =>
      Object.keys((await service.placement.roomFor(request, limit)).free).length;
    expect(await hosts(small, 100)).toBe(4);
    expect(await hosts(small, 2)).toBe(2);
    const huge = { resources: { VCPU: 5000, MEMORY_MB: 4096 }, traits: [] };
    expect(await hosts(huge, 100)).toBe(0);
    const [first] = site.compute.hosts;
    const half = { resources: { VCPU: Math.ceil((first?.vcpus ?? 0) / 2), MEMORY_MB: 1 }, traits: [] };
    const room = await service.placement.roomFor(half, 100);
    expect(room.servers).toBeGreaterThan(4);
    expect([Object.keys(room.free).length, room.isEveryHost]).toEqual([4, true]);
    expect((await service.placement.roomFor(half, 4)).isEveryHost).toBe(false);
    expect(await service.placement.roomFor(huge, 5)).toEqual({ servers: 0, isEveryHost: true, free: {} });
    site.compute.hosts[0]?.traits.add("COMPUTE_STATUS_DISABLED");
    expect(await hosts(notDisabled, 100)).toBe(3);
    const unknown = { ...small, traits: ["CUSTOM_GOLD"] };
    await expect(service.placement.roomFor(unknown, 1)).rejects.toMatchObject({
      failure: { status: 400, failureClass: "final", detail: expect.stringContaining("CUSTOM_GOLD") },
    });
    await expect(member.placement.roomFor(small, 1)).rejects.toMatchObject({
      failure: { status: 403, service: "placement" },
    });
  }));

test("images", () =>
  play(async ({ member, tenant }) => {
    const image = await member.image.findImage(tenant.basics.imageId);
    expect(image).toMatchObject({ name: "cirros", status: "active" });
    expect(await member.image.listImages({ name: "cirros" })).toEqual([image]);
    expect(await member.image.findImage("missing")).toBeUndefined();
  }));

test("an expired login is renewed and the call made again", () =>
  play(async ({ clock, member, workload }) => {
    await member.compute.findServer(workload.web.server.id);
    await clock.sleep(26 * 3600 * 1000);
    expect(await member.compute.findServer(workload.web.server.id)).toMatchObject({ name: "web-01" });
  }));

test("a dead cloud is waited for, a lost answer of a write is left to the caller", () =>
  play(async ({ site, world, member, workload }) => {
    const { id } = workload.web.server;
    await member.compute.findServer(id);
    world.conditions.inject({ service: "site-a/nova", method: "POST", times: 1, fault: { kind: "lost_answer" } });
    await expect(member.compute.stopServer(id)).rejects.toMatchObject({
      failure: { failureClass: "retryable", effect: "unknown" },
    });
    world.conditions.inject({ service: "site-a/nova", method: "GET", times: 1, fault: { kind: "lost_request" } });
    expect((await member.compute.findServer(id))?.name).toBe("web-01");
    site.powerOff();
    await expect(member.compute.findServer(id)).rejects.toMatchObject({
      failure: { failureClass: "waiting", effect: "none" },
    });
  }));
