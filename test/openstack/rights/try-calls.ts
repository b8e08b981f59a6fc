import type { Cloud } from "@protector/openstack";
import { PREFIX, passwordOf } from "../recordings/people.ts";
import type { Actor, Scene } from "../recordings/scene.ts";
import { awaitNoVolume, awaitVolume, makeUnmanaged, makeVolume, type Stage } from "../recordings/stage.ts";
import { awaitServer } from "../recordings/steps/await-server.ts";
import type { CallerName, RowName } from "./rights.ts";

/** What the calls work on. */
export interface Ground {
  readonly scene: Scene;
  readonly stage: Stage;
  readonly actors: Readonly<Record<CallerName, Actor>>;
  readonly serverId: string;
  readonly volumeId: string;
  readonly groupTypeId: string;
  /** A token of somebody else than any caller. */
  readonly foreignToken: string;
  readonly strangerId: string;
}

/** Tries a call in somebody's name. Resolves with `ok` or what is wrong with the success. @throws OutsideError */
export type TryCall = (cloud: Cloud, ground: Ground, caller: CallerName) => Promise<string>;

const MAC = "fa:16:3e:0d:12:20";
const KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKR4Zv7y5l3yqf0m7mYb8kq3Zc1P2fQm3cVh2rWn8J5x protector";
const SPECS = { consistent_group_snapshot_enabled: "<is> True" };

/** Makes objects and the fifth caller: a service user of its own, so that the other keeps to the role that it has. */
export async function prepareGround(scene: Scene, stage: Stage): Promise<Ground> {
  const { administrator, member, stranger, projectId } = stage;
  const helper = `${PREFIX}-manager`;
  const user = { name: helper, password: passwordOf("manager", "").password, domain_id: "default" };
  const made = await scene.raw(administrator, { service: "identity", method: "POST", path: "/users", body: { user } });
  const { id: managerId } = (made as { readonly user: { readonly id: string } }).user;
  await administrator.cloud.identity.grantRole(managerId, projectId, "admin");
  const manager = scene.actor("service user in the project", passwordOf("manager", PREFIX));
  await stranger.cloud.compute.importKeypair(PREFIX, KEY, "ssh");
  const { content, value } = await stranger.cloud.token();
  const volume = await makeVolume(scene, stage, `${PREFIX}-right`, { imageRef: stage.imageId });
  const type = await administrator.cloud.volume.createGroupType(PREFIX, SPECS);
  const { id: serverId } = await member.cloud.compute.createServer({
    name: `${PREFIX}-right`,
    flavorId: stage.flavorId,
    userData: Buffer.from("#cloud-config\n").toString("base64"),
    metadata: {},
    tags: [],
    networks: [],
    volumes: [{ volumeId: volume.id, bootIndex: 0, deleteOnTermination: false }],
  });
  await awaitServer(scene, stage, serverId, "ACTIVE");
  return {
    scene,
    stage,
    actors: {
      "tenant member": member,
      "tenant's trust": stage.trust,
      "service user": stage.service,
      "peer credential": stage.peer,
      "service user in the project": manager,
    },
    serverId,
    volumeId: volume.id,
    groupTypeId: type.id,
    foreignToken: value,
    strangerId: content.userId,
  };
}

const done = async (call: Promise<unknown>): Promise<string> => {
  await call;
  return "ok";
};

/** How each row of the table is tried. */
export const TRIES: Readonly<Record<RowName, TryCall>> = {
  "read a server whole": async ({ compute }, { serverId }) => {
    const server = await compute.findServer(serverId);
    return server?.userData && server.rootDeviceName && server.host ? "ok" : "no user data, root device, host";
  },
  "list the servers of a project": ({ compute }, { stage }) =>
    done(compute.listServers({ projectId: stage.projectId, allProjects: true })),
  "read a key pair of another user": ({ compute }, { strangerId }) => done(compute.findKeypair(PREFIX, strangerId)),
  "read the name of a volume on the array": async ({ volume }, { volumeId }) => {
    const found = await volume.findVolume(volumeId);
    return found?.providerId && found.host ? "ok" : "no provider_id, host";
  },
  "list the volumes of a project": ({ volume }, { stage }) => done(volume.listVolumes({ projectId: stage.projectId })),
  "read what a volume type means": async ({ volume }, { stage }) => {
    const type = (await volume.listTypes()).find(({ name }) => name === stage.volumeType);
    const keys = Object.keys(type?.extraSpecs ?? {});
    return keys.includes("volume_backend_name") ? "ok" : `${keys.join()} only`;
  },
  "list the pools": ({ volume }) => done(volume.listPools()),
  "list Cinder's services": ({ volume }) => done(volume.listServices()),
  "reset the status of a volume": async ({ volume }, { scene, stage }) => {
    const { id } = await makeVolume(scene, stage, `${PREFIX}-reset`);
    try {
      return await done(volume.resetStatus(id, "available"));
    } finally {
      await removeVolume(scene, stage, id);
    }
  },
  "make the group type": async ({ volume }, { scene, stage }) => {
    const { id } = await volume.createGroupType(`${PREFIX}-right`, SPECS);
    await scene.raw(stage.administrator, { service: "volume", method: "DELETE", path: `/group_types/${id}` });
    return "ok";
  },
  "look for hosts with room": ({ placement }) => done(placement.roomFor({ resources: { VCPU: 1 }, traits: [] }, 1)),
  "choose address and MAC on a shared network": async ({ network }, { stage }) => {
    const port = await network.createPort({
      networkId: stage.sharedNetworkId,
      projectId: stage.projectId,
      name: `${PREFIX}-right`,
      description: "",
      macAddress: MAC,
      fixedIps: [{ subnetId: stage.sharedSubnetId, address: "10.31.0.77" }],
      securityGroupIds: [],
      isPortSecurityEnabled: true,
      allowedAddressPairs: [],
    });
    await stage.administrator.cloud.network.deletePort(port.id);
    return port.projectId === stage.projectId ? "ok" : "in another project";
  },
  "choose a floating IP's address": async ({ network }, { stage }) => {
    const wanted = { networkId: stage.externalNetworkId, projectId: stage.projectId, description: PREFIX };
    const { id } = await network.createFloatingIp({ ...wanted, address: "203.0.113.77" });
    await stage.administrator.cloud.network.deleteFloatingIp(id);
    return "ok";
  },
  "undo an administrator's lock": async ({ compute }, { serverId, stage }) => {
    await stage.peer.cloud.compute.lockServer(serverId, "Protector operation");
    try {
      return await done(compute.unlockServer(serverId));
    } finally {
      await stage.peer.cloud.compute.unlockServer(serverId);
    }
  },
  "stop a locked server": async ({ compute }, { scene, serverId, stage }) => {
    await stage.peer.cloud.compute.lockServer(serverId, "Protector operation");
    try {
      await compute.stopServer(serverId);
      await awaitServer(scene, stage, serverId, "SHUTOFF");
      await stage.peer.cloud.compute.startServer(serverId);
      await awaitServer(scene, stage, serverId, "ACTIVE");
      return "ok";
    } finally {
      await stage.peer.cloud.compute.unlockServer(serverId);
    }
  },
  "attach and detach a volume of a locked server": async ({ compute }, { scene, serverId, stage }) => {
    const { id: volumeId } = await makeVolume(scene, stage, `${PREFIX}-spare`);
    await stage.peer.cloud.compute.lockServer(serverId, "Protector operation");
    try {
      await compute.attachVolume(serverId, { volumeId, deleteOnTermination: true });
      await awaitVolume(scene, stage, volumeId, "in-use");
      await compute.setDeleteOnTermination(serverId, volumeId, false);
      await compute.detachVolume(serverId, volumeId);
      await awaitVolume(scene, stage, volumeId, "available");
      return "ok";
    } finally {
      await stage.peer.cloud.compute.unlockServer(serverId);
      await removeVolume(scene, stage, volumeId);
    }
  },
  "read the console": ({ compute }, { serverId }) => done(compute.consoleOutput(serverId, 10)),
  "validate a token of others": async ({ identity }, { foreignToken }) => {
    return (await identity.validateToken(foreignToken)) ? "ok" : "404";
  },
  "find a project by name": ({ identity }) => done(identity.listProjects({ name: PREFIX })),
  "make a trust of the tenant": async ({ identity }, { stage }) => {
    const { memberId, serviceId, projectId } = stage;
    const wanted = { trustorUserId: memberId, trusteeUserId: serviceId, projectId, roleNames: ["member"] };
    return done(identity.deleteTrust((await identity.createTrust(wanted)).id));
  },
  "manage a volume, Cinder's policy closed": async (cloud, ground) => {
    await ground.scene.target.setManagePolicy?.("closed");
    return tryManage(cloud, ground);
  },
  "manage a volume, Cinder's policy open": async (cloud, ground) => {
    await ground.scene.target.setManagePolicy?.("open");
    try {
      return await tryManage(cloud, ground);
    } finally {
      await ground.scene.target.setManagePolicy?.("closed");
    }
  },
  "unmanage a volume, Cinder's policy closed": async ({ volume }, { scene, stage }) => {
    const { id } = await makeVolume(scene, stage, `${PREFIX}-given`);
    try {
      await volume.unmanageVolume(id);
      await awaitNoVolume(scene, stage, id);
      return "ok";
    } finally {
      if (await stage.administrator.cloud.volume.findVolume(id)) await removeVolume(scene, stage, id);
    }
  },
  "describe a volume": async ({ volume }, { volumeId }) => {
    await volume.replaceMetadata(volumeId, { tier: "db" });
    await volume.setBootable(volumeId, true);
    await volume.setImageMetadata(volumeId, { os_distro: "debian" });
    return done(volume.updateVolume(volumeId, { name: `${PREFIX}-right`, description: "" }));
  },
  "make a volume group": async ({ volume }, { scene, stage, groupTypeId }) => {
    const wanted = { name: `${PREFIX}-right`, description: "", groupTypeId, volumeTypeIds: [stage.volumeTypeId] };
    const { id } = await volume.createGroup(wanted);
    const admin = stage.administrator.cloud.volume;
    await scene.until("the group", async () =>
      (await admin.findGroup(id))?.status === "available" ? true : undefined,
    );
    const isOurs = (await stage.member.cloud.volume.findGroup(id)) !== undefined;
    await admin.deleteGroup(id);
    await scene.until("the group to be gone", async () => ((await admin.findGroup(id)) ? undefined : true));
    return isOurs ? "ok" : "in another project";
  },
  "make a server": async ({ compute }, { scene, stage }) => {
    const { id: volumeId } = await makeVolume(scene, stage, `${PREFIX}-boot`, { imageRef: stage.imageId });
    try {
      const { id } = await compute.createServer({
        name: `${PREFIX}-boot`,
        flavorId: stage.flavorId,
        metadata: {},
        tags: [],
        networks: [],
        volumes: [{ volumeId, bootIndex: 0, deleteOnTermination: false }],
      });
      await awaitServer(scene, stage, id, "ACTIVE");
      const server = await stage.administrator.cloud.compute.findServer(id);
      await stage.administrator.cloud.compute.deleteServer(id);
      await awaitServer(scene, stage, id, undefined);
      return server?.projectId === stage.projectId ? "ok" : "in another project";
    } finally {
      await awaitVolume(scene, stage, volumeId, "available");
      await removeVolume(scene, stage, volumeId);
    }
  },
  "make a server group": async ({ compute }, { stage }) => {
    const { id } = await compute.createServerGroup(`${PREFIX}-right`, "affinity");
    const isOurs = (await stage.member.cloud.compute.findServerGroup(id)) !== undefined;
    await stage.administrator.cloud.compute.deleteServerGroup(id);
    return isOurs ? "ok" : "in another project";
  },
  "import a key pair for the tenant's user": async ({ compute }, { stage }) => {
    await compute.importKeypair(`${PREFIX}-right`, KEY, "ssh");
    const isTheirs = (await stage.member.cloud.compute.findKeypair(`${PREFIX}-right`)) !== undefined;
    await compute.deleteKeypair(`${PREFIX}-right`);
    return isTheirs ? "ok" : "of another user";
  },
  "read the quotas of the project": ({ compute, volume, network }, { stage: { projectId } }) =>
    done(Promise.all([compute.quota(projectId), volume.quota(projectId), network.quota(projectId)])),
};

async function tryManage(cloud: Cloud, { scene, stage }: Ground): Promise<string> {
  const reference = await makeUnmanaged(scene, stage, `${PREFIX}-given`);
  const { id } = await cloud.volume.manageVolume({
    host: stage.cinderHost,
    reference,
    name: `${PREFIX}-managed`,
    description: "",
    volumeType: stage.volumeType,
    isBootable: false,
    metadata: {},
  });
  const { projectId } = await awaitVolume(scene, stage, id, "available");
  await removeVolume(scene, stage, id);
  return projectId === stage.projectId ? "ok" : "in another project";
}

async function removeVolume(scene: Scene, stage: Stage, id: string): Promise<void> {
  await stage.administrator.cloud.volume.deleteVolume(id);
  await awaitNoVolume(scene, stage, id);
}
