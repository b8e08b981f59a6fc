import { ProtectorError } from "@protector/contract";
import { type StepContext, type StepHandler, StepTimeout } from "../runner/step-handler.ts";
import { ignoreGone } from "./servers.ts";

/** Input of {@link lookForTest}. */
export interface LookForTestInput {
  readonly testId: string;
  /** Names on the array that the test's volumes have or had. */
  readonly arrayVolumes: readonly string[];
  /** Servers and volumes of the group itself: never touched, whatever they are named. */
  readonly production: readonly string[];
  /** Metadata key under which volumes of tests carry the test's id. */
  readonly volumeKey: string;
  /** Array group in a pod of which the test has cut a point. */
  readonly cutGroup?: string;
}

interface Found {
  readonly label: string;
  /** Undefined: only its owner can remove it. */
  readonly remove: (() => Promise<unknown>) | undefined;
}

/**
 * Looks on Nova, Neutron, Cinder, Glance and the array for what carries the test's names, and deletes it, until a look
 * finds nothing.
 * @throws ProtectorError `test.left_behind` that names what is left, each with the reason why it was not deleted.
 */
export const lookForTest: StepHandler<LookForTestInput> = {
  run: async (context, input) => {
    let left: readonly Found[] = [];
    const refusals = new Map<string, string>();
    const told = ({ label }: Found) => (refusals.has(label) ? `${label}: ${refusals.get(label)}` : label);
    try {
      await context.until("nothing of the test to be left", async () => {
        left = await findAll(context, input);
        if (left.length === 0) return true;
        context.report(null, `being deleted: ${left.map(({ label }) => label).join(", ")}`.slice(0, 900));
        for (const { label, remove } of left) {
          if (remove) await ignoreGone(remove()).catch((error: Error) => refusals.set(label, error.message));
        }
        return undefined;
      });
    } catch (error) {
      if (!(error instanceof StepTimeout)) throw error;
      throw new ProtectorError("test.left_behind", `Left at ${context.here.siteName}: ${left.map(told).join(", ")}.`);
    }
  },
};

/** Servers first: what they hold can be deleted only after them. */
async function findAll(context: StepContext, input: LookForTestInput): Promise<readonly Found[]> {
  const servers = await findServers(context, input);
  if (servers.length > 0) return servers;
  const held = [...(await findPorts(context, input)), ...(await findVolumes(context, input))];
  if (held.length > 0) return held;
  return [
    ...(await findNetworks(context, input)),
    ...(await findArrayVolumes(context, input)),
    ...(await findPoints(context, input)),
    ...(await findServerGroups(context, input)),
    ...(await findImages(context, input)),
  ];
}

/** Beginning of every name that the test gave. */
function prefixOf({ testId }: LookForTestInput): string {
  return `protector-${testId.replaceAll("-", "").slice(0, 12)}`;
}

async function findServers({ here }: StepContext, input: LookForTestInput): Promise<readonly Found[]> {
  const found = (await here.reads.servers()).filter(
    ({ id, tags }) => !input.production.includes(id) && tags.some((tag) => tag.startsWith(`${prefixOf(input)}-`)),
  );
  return found.map(({ id, name }) => ({
    label: `server ${name} (${id})`,
    remove: () => here.admin.compute.deleteServer(id),
  }));
}

async function findPorts({ here }: StepContext, input: LookForTestInput): Promise<readonly Found[]> {
  const { network } = here.admin;
  const beginning = `Protector operation ${input.testId},`;
  const found = (await network.listPorts({ projectId: here.projectId })).filter(({ description }) =>
    description.startsWith(beginning),
  );
  return found.map(({ id }) => ({ label: `port ${id}`, remove: () => network.deletePort(id) }));
}

async function findVolumes({ here }: StepContext, input: LookForTestInput): Promise<readonly Found[]> {
  const found = (await here.reads.volumes()).filter(
    ({ id, name, metadata }) =>
      !input.production.includes(id) &&
      (name.startsWith(`${prefixOf(input)}-`) || metadata[input.volumeKey] === input.testId),
  );
  return found.map(({ id, name, status, attachments }) => {
    const canGo = attachments.length === 0 && status !== "deleting";
    return {
      label: `volume ${name} (${id}, ${status})`,
      remove: canGo ? () => here.admin.volume.deleteVolume(id) : undefined,
    };
  });
}

/** A network on which somebody has put a server of his own is left, and said so. */
async function findNetworks({ here }: StepContext, input: LookForTestInput): Promise<readonly Found[]> {
  const { network } = here.admin;
  const networks = await network.listNetworks({ projectId: here.projectId });
  const ours = networks.filter(({ name }) => name.startsWith(`${prefixOf(input)}-`));
  return Promise.all(
    ours.map(async ({ id, name }) => {
      const ports = await network.listPorts({ networkId: id });
      const foreign = ports.filter((port) => !["network:dhcp", "network:distributed"].includes(port.deviceOwner));
      const users = foreign.map((port) => port.deviceId || port.id).join(" ");
      const label = `network ${name} (${id}${users ? `, used by ${users}` : ""})`;
      return { label, remove: foreign.length > 0 ? undefined : () => network.deleteNetwork(id) };
    }),
  );
}

async function findArrayVolumes({ here }: StepContext, input: LookForTestInput): Promise<readonly Found[]> {
  if (input.arrayVolumes.length === 0) return [];
  const found = await here.array.findVolumes(input.arrayVolumes);
  return found.map(({ id, name, connectionCount }) => ({
    label: `array volume ${name}${connectionCount > 0 ? `, connected to ${connectionCount} hosts` : ""}`,
    remove: connectionCount > 0 ? undefined : () => here.array.destroyVolume(name, id),
  }));
}

async function findPoints({ here }: StepContext, input: LookForTestInput): Promise<readonly Found[]> {
  const { cutGroup: group } = input;
  if (group === undefined || !(await here.array.findGroup(group))) return [];
  const of = { group, array: undefined };
  const found = (await here.array.listRecoveryPoints(of)).filter(({ suffix }) => suffix.startsWith(prefixOf(input)));
  return found.map(({ suffix }) => ({
    label: `recovery point ${suffix}`,
    remove: () => here.array.destroyRecoveryPoint(of, suffix),
  }));
}

async function findServerGroups({ here }: StepContext, input: LookForTestInput): Promise<readonly Found[]> {
  const { compute } = await here.tenant();
  const found = (await compute.listServerGroups()).filter(({ name }) => name.includes(`(${prefixOf(input)})`));
  return found.map(({ id, name, memberIds }) => ({
    label: `server group ${name} (${id})`,
    remove: memberIds.length > 0 ? undefined : () => compute.deleteServerGroup(id),
  }));
}

/** Images are none of a test's making; one that bears its name is told. */
async function findImages({ here }: StepContext, input: LookForTestInput): Promise<readonly Found[]> {
  const images = await here.admin.image.listImages({});
  const found = images.filter(({ name }) => name?.startsWith(`${prefixOf(input)}-`));
  return found.map(({ id, name }) => ({ label: `image ${name} (${id})`, remove: undefined }));
}
