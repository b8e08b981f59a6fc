import type { Cloud } from "@protector/openstack";
import { waitFor } from "../machines/wait.ts";
import type { Person } from "./person.ts";
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

const LIMIT_MS = 180_000;

/** Boots the workload at the first site from replicated volumes, with the commands that a person would type. */
export async function makeWorkload(
  stage: Stage,
  tenancy: Tenancy,
  wanted: readonly WantedServer[],
): Promise<readonly MadeServer[]> {
  const { cloud } = stage.sites[0];
  const disks = await Promise.all(wanted.map((server) => makeVolumes(stage, tenancy.member, server)));
  await awaitVolumes(cloud, disks.flat());
  const servers = await Promise.all(
    wanted.map(async (server, index) => {
      const volumes = disks[index] ?? [];
      await setFlags(tenancy.member, volumes);
      return { wanted: server, volumes, id: await bootServer(stage, tenancy, { server, volumes }) };
    }),
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

async function makeVolumes(stage: Stage, member: Person, { volumes }: WantedServer): Promise<readonly MadeVolume[]> {
  const made: MadeVolume[] = [];
  for (const wanted of volumes) {
    const from = wanted.image === null ? [] : ["--image", wanted.image];
    const { id } = await member.openstackJson<{ id: string }>(
      ...["volume", "create", "--type", stage.volumeType, "--size", String(wanted.gib), ...from],
      ...properties(wanted.properties),
      ...["--description", `disk ${wanted.name}`, wanted.name],
    );
    made.push({ wanted, id });
  }
  return made;
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
async function setFlags(member: Person, volumes: readonly MadeVolume[]): Promise<void> {
  for (const { id, wanted } of volumes) {
    const flag = wanted.image === null && wanted.isBootable ? ["--bootable"] : [];
    const image = Object.entries(wanted.imageProperties).flatMap((pair) => ["--image-property", pair.join("=")]);
    if (flag.length + image.length > 0) await member.openstack("volume", "set", ...flag, ...image, id);
  }
}

async function bootServer(
  stage: Stage,
  { member, name }: Tenancy,
  { server, volumes }: { readonly server: WantedServer; readonly volumes: readonly MadeVolume[] },
): Promise<string> {
  const ports = [];
  for (const nic of server.nics) ports.push(await makePort(member, server, nic));
  const [root, ...rest] = volumes;
  const disks = rest.flatMap(({ id }) => [
    "--block-device",
    `uuid=${id},source_type=volume,destination_type=volume,boot_index=-1`,
  ]);
  const { id } = await member.openstackJson<{ id: string }>(
    ...["server", "create", "--flavor", flavorName(name, server.flavor), "--volume", root?.id ?? "", ...disks],
    ...ports.flatMap((port) => ["--nic", `port-id=${port}`]),
    ...["--key-name", KEY_NAME, "--description", server.description],
    ...properties(server.properties),
    ...server.tags.flatMap((tag) => ["--tag", tag]),
    ...userDataOption(stage, server),
    server.name,
  );
  return id;
}

async function makePort(member: Person, server: WantedServer, nic: WantedNic): Promise<string> {
  const { id } = await member.openstackJson<{ id: string }>(
    ...["port", "create", "--network", nic.network, "--mac-address", nic.mac],
    ...["--fixed-ip", `subnet=${subnetName(nic.network)},ip-address=${nic.address}`],
    ...["--security-group", nic.securityGroup, `${server.name}-${nic.network}`],
  );
  return id;
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
