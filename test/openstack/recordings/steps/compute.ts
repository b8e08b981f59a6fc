import type { CreateServer } from "@protector/openstack";
import { PREFIX, passwordOf } from "../people.ts";
import type { Scene } from "../scene.ts";
import { awaitNoVolume, makeVolume, type Stage } from "../stage.ts";
import * as attachments from "./attachments.ts";
import { awaitServer } from "./await-server.ts";
import { changedServer, unchangeableServer } from "./changes.ts";

const NO_ID = "00000000-0000-4000-8000-000000000000";
const PUBLIC_KEY =
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKR4Zv7y5l3yqf0m7mYb8kq3Zc1P2fQm3cVh2rWn8J5x protector-recording";

/** Nova: flavors, key pairs, server groups, quotas, servers. */
export async function playCompute(scene: Scene, stage: Stage): Promise<void> {
  await offers(scene, stage);
  await keyPairs(scene, stage);
  const groupId = await serverGroups(scene, stage);
  await servers(scene, stage, groupId);
  await scene.does("delete a server group", stage.trust, ({ compute }) => compute.deleteServerGroup(groupId));
  await scene.does("delete a server group that is gone", stage.trust, ({ compute }) =>
    compute.deleteServerGroup(groupId),
  );
  await scene.does("delete a key pair", stage.trust, ({ compute }) => compute.deleteKeypair(PREFIX));
  await scene.does("delete a key pair that is gone", stage.trust, ({ compute }) => compute.deleteKeypair(PREFIX));
}

async function offers(scene: Scene, stage: Stage): Promise<void> {
  const { service, member, stranger, projectId, flavorId } = stage;
  const newcomer = scene.actor("service user", passwordOf("service", `${PREFIX}-services`));
  await newcomer.cloud.token();
  await scene.does("ask for Nova's versions", newcomer, ({ compute }) => compute.microversion());
  await scene.does("list flavors", service, ({ compute }) => compute.listFlavors());
  await scene.does("list flavors", member, ({ compute }) => compute.listFlavors());
  await scene.calls("list one flavor of several", member, {
    service: "compute",
    method: "GET",
    path: "/flavors/detail?limit=1&sort_key=name&sort_dir=asc",
  });
  await scene.does("find a flavor", service, ({ compute }) => compute.findFlavor(flavorId));
  await scene.does("find a flavor that is not there", service, ({ compute }) => compute.findFlavor(NO_ID));
  await scene.does("list availability zones", service, ({ compute }) => compute.listAvailabilityZones());
  await scene.does("list availability zones", member, ({ compute }) => compute.listAvailabilityZones());
  await scene.does("read the quota of a project", service, ({ compute }) => compute.quota(projectId));
  await scene.does("read the quota of one's project", member, ({ compute }) => compute.quota(projectId));
  await scene.refuses("read the quota of another project", stranger, ({ compute }) => compute.quota(projectId));
  await scene.calls("ask Nova with a token that is none", member, {
    service: "compute",
    method: "GET",
    path: "/servers/detail",
    token: "no-token",
  });
}

async function keyPairs(scene: Scene, stage: Stage): Promise<void> {
  const { service, trust, stranger, memberId } = stage;
  const [name, key] = [PREFIX, PUBLIC_KEY];
  await scene.does("import a key pair", trust, ({ compute }) => compute.importKeypair(name, key, "ssh"));
  await scene.refuses("import a key pair that is there", trust, ({ compute }) =>
    compute.importKeypair(name, key, "ssh"),
  );
  await scene.refuses("import a key that is none", trust, ({ compute }) =>
    compute.importKeypair(`${name}-2`, "nonsense", "ssh"),
  );
  await scene.does("find a key pair", trust, ({ compute }) => compute.findKeypair(name));
  await scene.does("list key pairs", stage.member, ({ compute }) => compute.listKeypairs());
  await scene.does("find a key pair of another user", service, ({ compute }) => compute.findKeypair(name, memberId));
  await scene.does("find a key pair that is not there", trust, ({ compute }) => compute.findKeypair("none"));
  await scene.refuses("find a key pair of another user", stranger, ({ compute }) =>
    compute.findKeypair(name, memberId),
  );
}

async function serverGroups(scene: Scene, stage: Stage): Promise<string> {
  const { service, trust } = stage;
  const { id } = await scene.does("make a server group", trust, ({ compute }) =>
    compute.createServerGroup(PREFIX, "soft-anti-affinity"),
  );
  await scene.refuses("make a server group of an unknown policy", trust, ({ compute }) =>
    compute.createServerGroup(`${PREFIX}-2`, "nearby"),
  );
  await scene.does("list server groups", trust, ({ compute }) => compute.listServerGroups());
  await scene.does("list server groups of all projects", service, ({ compute }) => compute.listServerGroups(true));
  await scene.does("list server groups of all projects", trust, ({ compute }) => compute.listServerGroups(true));
  await scene.does("find a server group", service, ({ compute }) => compute.findServerGroup(id));
  await scene.does("find a server group that is not there", trust, ({ compute }) => compute.findServerGroup(NO_ID));
  return id;
}

async function servers(scene: Scene, stage: Stage, serverGroupId: string): Promise<void> {
  const { service, trust, member, stranger, networkId, subnetId, projectId } = stage;
  const root = await makeVolume(scene, stage, `${PREFIX}-disk`, { imageRef: stage.imageId });
  const data = await makeVolume(scene, stage, `${PREFIX}-disk-2`);
  const port = await service.cloud.network.createPort({
    networkId,
    projectId,
    name: `${PREFIX}-nic`,
    description: "",
    fixedIps: [{ subnetId, address: "10.30.0.70" }],
    securityGroupIds: [stage.securityGroupId],
    isPortSecurityEnabled: true,
    allowedAddressPairs: [],
  });
  const volumeOf = (volumeId: string, bootIndex: number) => ({
    volumeId,
    bootIndex,
    deleteOnTermination: bootIndex !== 0,
  });
  const wanted: CreateServer = {
    name: `${PREFIX}-server`,
    description: "a server",
    flavorId: stage.flavorId,
    keyName: PREFIX,
    hostname: "recorded",
    userData: Buffer.from("#cloud-config\n").toString("base64"),
    configDrive: true,
    metadata: { tier: "web" },
    tags: ["protector-tag"],
    networks: [{ portId: port.id }],
    volumes: [volumeOf(root.id, 0), volumeOf(data.id, -1)],
    serverGroupId,
  };
  const { id } = await scene.does("make a server", trust, ({ compute }) => compute.createServer(wanted));
  await awaitServer(scene, stage, id, "ACTIVE");
  await scene.does("find a server", service, ({ compute }) => compute.findServer(id));
  await scene.does("find a server", member, ({ compute }) => compute.findServer(id));
  await scene.does("find a server of others", stranger, ({ compute }) => compute.findServer(id));
  await scene.does("find a server that is not there", service, ({ compute }) => compute.findServer(NO_ID));
  await scene.does("list the servers of a project", service, ({ compute }) =>
    compute.listServers({ projectId, allProjects: true }),
  );
  await scene.does("list servers by tag", trust, ({ compute }) => compute.listServers({ tag: "protector-tag" }));
  await scene.does("list servers by name", trust, ({ compute }) => compute.listServers({ name: `${PREFIX}-server` }));
  await scene.refuses("list servers of all projects", trust, ({ compute }) =>
    compute.listServers({ projectId, allProjects: true }),
  );
  await scene.does("list the volumes of a server", service, ({ compute }) => compute.listVolumeAttachments(id));
  await scene.does("find a volume in use", service, ({ volume }) => volume.findVolume(root.id));
  await scene.does("find a volume in use", member, ({ volume }) => volume.findVolume(root.id));
  await scene.refuses("delete a volume in use", service, ({ volume }) => volume.deleteVolume(data.id));
  await scene.refuses("unmanage a volume in use", service, ({ volume }) => volume.unmanageVolume(data.id));
  await scene.does("list the ports of a server", service, ({ network }) => network.listPorts({ deviceId: id }));
  await scene.does("list the ports of a server", trust, ({ network }) => network.listPorts({ deviceId: id }));
  await scene.does("find a server group with a member", trust, ({ compute }) => compute.findServerGroup(serverGroupId));
  await refusedServers(scene, stage, wanted);
  await scene.refuses("delete a network in use", service, ({ network }) => network.deleteNetwork(networkId));
  const where = await attachments.runningServer(scene, stage, id, root.id);
  await changedServer(scene, stage, where);
  await powerAndLocks(scene, stage, where);
  await scene.does("delete a server", service, ({ compute }) => compute.deleteServer(id));
  await awaitServer(scene, stage, id, undefined);
  await scene.does("delete a server that is gone", service, ({ compute }) => compute.deleteServer(id));
  await scene.does("find a port that had a server", service, ({ network }) => network.findPort(port.id));
  await brokenServer(scene, stage, root.id);
  await service.cloud.network.deletePort(port.id);
  await awaitNoVolume(scene, stage, data.id);
  await service.cloud.volume.deleteVolume(where.spareId);
  await awaitNoVolume(scene, stage, where.spareId);
}

async function refusedServers(scene: Scene, stage: Stage, wanted: CreateServer): Promise<void> {
  const { trust, administrator, projectId } = stage;
  const other: CreateServer = { ...wanted, name: `${PREFIX}-refused`, tags: [] };
  const free = { ...other, networks: [] };
  await scene.refuses("make a server of volumes in use", trust, ({ compute }) => compute.createServer(free));
  await scene.refuses("make a server on a port in use", trust, ({ compute }) => compute.createServer(other));
  await scene.refuses("make a server of a flavor that is not there", trust, ({ compute }) =>
    compute.createServer({ ...free, flavorId: NO_ID }),
  );
  await scene.refuses("make a server with a key pair that is not there", trust, ({ compute }) =>
    compute.createServer({ ...free, keyName: "none" }),
  );
  await scene.refuses("make a server on a port that is not there", trust, ({ compute }) =>
    compute.createServer({ ...free, networks: [{ portId: NO_ID }] }),
  );
  await scene.refuses("make a server of a volume that is not there", trust, ({ compute }) =>
    compute.createServer({ ...free, volumes: [{ volumeId: NO_ID, bootIndex: 0, deleteOnTermination: false }] }),
  );
  await scene.refuses("make a server in a zone that is not there", trust, ({ compute }) =>
    compute.createServer({ ...free, availabilityZone: "nowhere" }),
  );
  const limit = (limits: object) =>
    scene.raw(administrator, {
      service: "compute",
      method: "PUT",
      path: `/os-quota-sets/${projectId}`,
      body: { quota_set: limits },
    });
  await limit({ instances: 1 });
  await scene.refuses("make a server over quota", trust, ({ compute }) => compute.createServer(free));
  await limit({ instances: 10, ram: -1 });
}

async function powerAndLocks(scene: Scene, stage: Stage, where: attachments.AttachmentScene): Promise<void> {
  const { service, trust, stranger } = stage;
  const { serverId: id } = where;
  await scene.does("lock a server", service, ({ compute }) => compute.lockServer(id, "Protector operation"));
  await scene.does("find a locked server", service, ({ compute }) => compute.findServer(id));
  await scene.refuses("unlock a server that an administrator locked", trust, ({ compute }) => compute.unlockServer(id));
  await scene.refuses("stop a server that an administrator locked", trust, ({ compute }) => compute.stopServer(id));
  await attachments.lockedServer(scene, stage, where);
  await scene.does("stop a server", service, ({ compute }) => compute.stopServer(id));
  await awaitServer(scene, stage, id, "SHUTOFF");
  await scene.does("find a stopped server", service, ({ compute }) => compute.findServer(id));
  await scene.refuses("stop a stopped server", service, ({ compute }) => compute.stopServer(id));
  await attachments.restingServer(scene, stage, { ...where, state: "stopped" });
  await scene.does("unlock a server", service, ({ compute }) => compute.unlockServer(id));
  await scene.does("start a server", trust, ({ compute }) => compute.startServer(id));
  await awaitServer(scene, stage, id, "ACTIVE");
  await scene.refuses("start a running server", trust, ({ compute }) => compute.startServer(id));
  await scene.refuses("stop a server of others", stranger, ({ compute }) => compute.stopServer(id));
  await scene.does("shelve a server", service, ({ compute }) => compute.shelveServer(id));
  await awaitServer(scene, stage, id, "SHELVED_OFFLOADED");
  // Nova forgets the host a moment after it has said so.
  await scene.until(`server ${id} to be on no host`, async () =>
    (await service.cloud.compute.findServer(id))?.host === undefined ? true : undefined,
  );
  await scene.does("find a shelved server", service, ({ compute }) => compute.findServer(id));
  await scene.refuses("start a shelved server", service, ({ compute }) => compute.startServer(id));
  await scene.refuses("shelve a shelved server", service, ({ compute }) => compute.shelveServer(id));
  await attachments.restingServer(scene, stage, { ...where, state: "shelved" });
  await unchangeableServer(scene, stage, where);
  await attachments.shelvedServerLosesVolume(scene, stage, where);
  await scene.does("unshelve a server", service, ({ compute }) => compute.unshelveServer(id));
  await awaitServer(scene, stage, id, "ACTIVE");
  await scene.refuses("unshelve a running server", service, ({ compute }) => compute.unshelveServer(id));
  await scene.refuses("stop a server that is not there", service, ({ compute }) => compute.stopServer(NO_ID));
}

/** No host has room for its flavor. */
async function brokenServer(scene: Scene, stage: Stage, volumeId: string): Promise<void> {
  const { service, trust, member } = stage;
  const { id } = await trust.cloud.compute.createServer({
    name: `${PREFIX}-broken`,
    flavorId: stage.hugeFlavorId,
    metadata: {},
    tags: [],
    networks: [],
    volumes: [{ volumeId, bootIndex: 0, deleteOnTermination: true }],
  });
  await awaitServer(scene, stage, id, "ERROR");
  await scene.does("find a server in error", service, ({ compute }) => compute.findServer(id));
  await scene.does("find a server in error", member, ({ compute }) => compute.findServer(id));
  await scene.refuses("start a server in error", trust, ({ compute }) => compute.startServer(id));
  await attachments.brokenServer(scene, stage, id);
  await scene.does("delete a server in error", service, ({ compute }) => compute.deleteServer(id));
  await awaitServer(scene, stage, id, undefined);
}
