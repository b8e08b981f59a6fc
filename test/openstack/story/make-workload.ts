import type { Cloud } from "@protector/openstack";
import { waitFor } from "../machines/wait.ts";
import type { Stage } from "./stage.ts";
import { flavorName, subnetName } from "./surroundings.ts";
import type { Tenancy } from "./tenancy.ts";
import { KEY_NAME, type WantedNic, type WantedServer, type WantedVolume } from "./workload.ts";

/** A disk of the workload as it was made. */
export interface MadeVolume {
  readonly wanted: WantedVolume;
  readonly id: string;
}

/** A server of the workload as it was made. */
export interface MadeServer {
  readonly wanted: WantedServer;
  readonly id: string;
  readonly volumes: readonly MadeVolume[];
}

const LIMIT_MS = 600_000;

/** Boots the workload at the first site from replicated volumes, with the commands that a person would type. */
export async function makeWorkload(
  stage: Stage,
  tenancy: Tenancy,
  wanted: readonly WantedServer[],
): Promise<readonly MadeServer[]> {
  const { cloud } = stage.sites[0];
  const disks = wanted.flatMap(({ volumes }) => volumes);
  const made = await tenancy.member.openstackJson<{ id: string }>(...disks.map((disk) => createVolume(stage, disk)));
  const volumes = disks.map((disk, index): MadeVolume => ({ wanted: disk, id: made[index]?.id ?? "" }));
  await awaitVolumes(cloud, volumes);
  const flags = volumes.flatMap(flagCommands);
  if (flags.length > 0) await tenancy.member.openstack(...flags);
  await tenancy.member.openstack(...wanted.flatMap((server) => server.nics.map((nic) => createPort(server, nic))));
  const own = (server: WantedServer) => volumes.filter((volume) => server.volumes.includes(volume.wanted));
  const booted = await tenancy.member.openstackJson<{ id: string }>(
    ...wanted.map((server) => createServer(stage, tenancy, { server, volumes: own(server) })),
  );
  const servers = wanted.map(
    (server, index): MadeServer => ({ wanted: server, volumes: own(server), id: booted[index]?.id ?? "" }),
  );
  await Promise.all(servers.map(({ id }) => awaitServer(cloud, id, "ACTIVE")));
  return servers;
}

/** Waits until Nova says so. @throws Error when the server is in ERROR, or does not get there. */
export async function awaitServer(cloud: Cloud, id: string, status: string): Promise<void> {
  await waitFor(
    async () => {
      const server = await cloud.compute.findServer(id);
      return server?.status === status || server?.status === "ERROR" ? server : undefined;
    },
    { what: `server ${id} was not ${status}`, timeoutMs: LIMIT_MS },
  ).then((server) => {
    if (server.status !== status) throw new Error(`server ${server.name} is ERROR: ${server.fault}`);
  });
}

function createVolume(stage: Stage, wanted: WantedVolume): readonly string[] {
  const from = wanted.image === null ? [] : ["--image", wanted.image];
  return [
    ...["volume", "create", "--type", stage.volumeType, "--size", String(wanted.gib), ...from],
    ...properties(wanted.properties),
    ...["--description", `disk-of-${wanted.name}`, wanted.name],
  ];
}

async function awaitVolumes(cloud: Cloud, volumes: readonly MadeVolume[]): Promise<void> {
  await Promise.all(
    volumes.map(async ({ id, wanted }) => {
      const volume = await waitFor(
        async () => {
          const now = await cloud.volume.findVolume(id);
          return now?.status === "available" || now?.status.startsWith("error") ? now : undefined;
        },
        { what: `volume ${wanted.name} was not available`, timeoutMs: LIMIT_MS },
      );
      if (volume.status !== "available") throw new Error(`volume ${wanted.name} is ${volume.status}`);
    }),
  );
}

/** What `volume create` cannot say. */
function flagCommands({ id, wanted }: MadeVolume): readonly (readonly string[])[] {
  const flag = wanted.image === null && wanted.isBootable ? ["--bootable"] : [];
  const image = Object.entries(wanted.imageProperties).flatMap((pair) => ["--image-property", pair.join("=")]);
  return flag.length + image.length > 0 ? [["volume", "set", ...flag, ...image, id]] : [];
}

function createServer(
  stage: Stage,
  { name }: Tenancy,
  { server, volumes }: { readonly server: WantedServer; readonly volumes: readonly MadeVolume[] },
): readonly string[] {
  const [root, ...rest] = volumes;
  const disks = rest.flatMap(({ id }) => [
    "--block-device",
    `uuid=${id},source_type=volume,destination_type=volume,boot_index=-1`,
  ]);
  return [
    ...["server", "create", "--flavor", flavorName(name, server.flavor), "--volume", root?.id ?? "", ...disks],
    ...server.nics.flatMap((nic) => ["--port", portName(server, nic)]),
    ...["--key-name", KEY_NAME, "--description", server.description],
    ...properties(server.properties),
    ...server.tags.flatMap((tag) => ["--tag", tag]),
    ...userDataOption(stage, server),
    server.name,
  ];
}

function createPort(server: WantedServer, nic: WantedNic): readonly string[] {
  return [
    ...["port", "create", "--network", nic.network, "--mac-address", nic.mac],
    ...["--fixed-ip", `subnet=${subnetName(nic.network)},ip-address=${nic.address}`],
    ...["--security-group", nic.securityGroup, portName(server, nic)],
  ];
}

function portName(server: WantedServer, nic: WantedNic): string {
  return `${server.name}-${nic.network}`;
}

function userDataOption(stage: Stage, { name, userData }: WantedServer): readonly string[] {
  if (userData === null) return [];
  const path = `${stage.shell.folder}/${name}.cloud-config`;
  stage.shell.writeFile(path, userData.text);
  return ["--user-data", path];
}

function properties(values: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(values).flatMap((pair) => ["--property", pair.join("=")]);
}
