import type { PlannedStep } from "../runner/plan.ts";
import type { CreateServerInput } from "../steps/create-server.ts";
import type { FailoverInput, FailoverMember } from "./failover-input.ts";
import { ownName } from "./own-name.ts";
import { step } from "./planned-step.ts";
import { portWiring } from "./port-wiring.ts";
import { gateSteps } from "./readiness-gates.ts";
import { recoveredPorts } from "./recovered-ports.ts";
import { recoveredVolume } from "./recovered-volume.ts";

/** The steps that rebuild one member at the target. */
export interface MemberRecovery {
  /** What can be made before the source is touched. */
  readonly prepare: readonly PlannedStep[];
  /** @param tierBefore barrier of the tier that starts first; null for the first tier. */
  recover(tierBefore: string | null): readonly PlannedStep[];
}

/** Plans the rebuilding of one member. */
export function memberRecovery(input: FailoverInput, member: FailoverMember): MemberRecovery {
  return {
    prepare: [...recoveredPorts(input, member), ...keyPair(input, member), ...serverGroup(input, member)],
    recover: (tierBefore) => [
      ...member.description.volumes.flatMap((volume, index) => recoveredVolume(input, member, volume, index)),
      ...server(input, member, tierBefore),
    ],
  };
}

function keyPair(input: FailoverInput, member: FailoverMember): PlannedStep[] {
  const key = member.description.key_pair;
  if (!key || firstWithKey(input, key.name) !== member) return [];
  return [
    step(
      keyPairStep(input, key.name),
      "ensure",
      "key_pair.ensure",
      `See that key pair ${key.name} exists`,
      "prepare",
      "target",
      {
        input: {
          name: key.name,
          type: key.type,
          publicKey: key.public_key,
          mappedName: input.mapping.find("key_pair", key.name) ?? null,
        },
        dependsOn: ["checked"],
        settings: { isUndoable: true },
      },
    ),
  ];
}

function firstWithKey(input: FailoverInput, name: string): FailoverMember | undefined {
  return input.members.find((member) => member.description.key_pair?.name === name);
}

/** One step for all members that share a key pair. */
function keyPairStep(input: FailoverInput, name: string): string {
  return `key_pair.${firstWithKey(input, name)?.id}`;
}

function serverGroup(input: FailoverInput, member: FailoverMember): PlannedStep[] {
  const group = remadeServerGroup(input, member);
  if (!group || firstOfServerGroup(input, group.id) !== member) return [];
  return [
    step(
      serverGroupKey(group.id),
      "ensure",
      "server_group.ensure",
      `Make server group ${group.name}`,
      "prepare",
      "target",
      {
        input: {
          name: `${group.name} (protector-${input.operationId.replaceAll("-", "").slice(0, 12)})`,
          policy: group.policy,
        },
        dependsOn: ["checked"],
        settings: { isUndoable: true },
      },
    ),
  ];
}

/** A server group there that the mapping names; without one, the group is made anew with the same policy. */
function mappedServerGroup({ mapping }: FailoverInput, groupId: string): string | undefined {
  return mapping.find("server_group", groupId);
}

function remadeServerGroup(input: FailoverInput, { description }: FailoverMember) {
  const group = description.server_group;
  return group && mappedServerGroup(input, group.id) === undefined ? group : undefined;
}

function firstOfServerGroup(input: FailoverInput, groupId: string): FailoverMember | undefined {
  return input.members.find((member) => member.description.server_group?.id === groupId);
}

function serverGroupKey(groupId: string): string {
  return `server_group.${groupId}`;
}

function server(input: FailoverInput, member: FailoverMember, tierBefore: string | null): PlannedStep[] {
  const { description } = member;
  const onFailure = member.isCritical ? ("stop" as const) : ("member" as const);
  const serverStep = `server.${member.id}`;
  const created = { name: member.name, serverStep };
  const ownGroup = remadeServerGroup(input, member);
  const gateNeeds: string[] = [`active.${member.id}`];
  const steps = [
    step(serverStep, "fire", "server.create", `Start ${member.name} at ${input.target.siteName}`, "recover", "target", {
      memberId: member.id,
      input: createServerInput(input, member),
      dependsOn: [
        ...description.volumes.map((_, index) => `describe.${member.id}.${index}`),
        ...description.ports.map((_, index) => `port.${member.id}.${index}`),
        ...member.dependsOn.map((id) => `gate.${id}`),
      ],
      after: [
        ...(tierBefore ? [tierBefore] : []),
        ...(description.key_pair ? [keyPairStep(input, description.key_pair.name)] : []),
        ...(ownGroup ? [serverGroupKey(ownGroup.id)] : []),
      ],
      settings: { isUndoable: true, isPointOfNoReturn: true, onFailure, weight: 2 },
    }),
    step(
      `active.${member.id}`,
      "observe",
      "server.await_active",
      `Wait for ${member.name} to be ACTIVE`,
      "recover",
      "target",
      {
        memberId: member.id,
        input: created,
        dependsOn: [serverStep],
        settings: { onFailure, weight: 8 },
      },
    ),
  ];
  if (!description.was_running) {
    gateNeeds.push(`power_off.${member.id}`);
    steps.push(
      step(
        `power_off.${member.id}`,
        "ensure",
        "server.power_off",
        `Turn ${member.name} off, as it was`,
        "recover",
        "target",
        {
          memberId: member.id,
          input: created,
          dependsOn: [`active.${member.id}`],
          settings: { onFailure, weight: 3 },
        },
      ),
    );
  }
  const floatingIps = floatingIpSteps(input, member);
  const gates = gateSteps(input, member, floatingIps);
  return [
    ...steps,
    ...floatingIps,
    ...gates,
    step(`gate.${member.id}`, "observe", "barrier", `${member.name} is ready`, "recover", "target", {
      memberId: member.id,
      dependsOn: [...gateNeeds, ...gates.map((each) => each.key)],
      after: floatingIps.map((each) => each.key),
      settings: { onFailure, weight: 0 },
    }),
    step(
      `verify.${member.id}`,
      "observe",
      "server.verify",
      `See that ${member.name} is as planned`,
      "verify",
      "target",
      {
        memberId: member.id,
        input: {
          ...created,
          shouldRun: description.was_running,
          portSteps: description.ports.map((_, index) => `port.${member.id}.${index}`),
          volumeSteps: description.volumes.map((_, index) => `volume.${member.id}.${index}`),
          stopStep: `stop.${member.id}`,
        },
        dependsOn: [`gate.${member.id}`],
        settings: { onFailure },
      },
    ),
  ];
}

function floatingIpSteps(input: FailoverInput, member: FailoverMember): PlannedStep[] {
  return member.description.ports.flatMap((port, portIndex) =>
    portWiring(input, member, port).floatingIps.map(({ networkId, address }, index) =>
      step(
        `floating_ip.${member.id}.${portIndex}.${index}`,
        "ensure",
        "floating_ip.ensure",
        `Give ${member.name} a floating IP`,
        "recover",
        "target",
        {
          memberId: member.id,
          input: {
            networkId: networkId ?? "",
            address: address ?? null,
            portStep: `port.${member.id}.${portIndex}`,
            description: `${ownName(input, member)} port ${portIndex + 1} floating IP ${index + 1}`,
          },
          dependsOn: [`active.${member.id}`],
          settings: { isUndoable: true, onFailure: "member" },
        },
      ),
    ),
  );
}

function createServerInput(input: FailoverInput, member: FailoverMember): CreateServerInput {
  const { description } = member;
  const { mapping, target } = input;
  const zone = description.availability_zone
    ? (mapping.find("availability_zone", description.availability_zone) ??
      target.availabilityZones.find((each) => each === description.availability_zone))
    : undefined;
  const ownGroup = remadeServerGroup(input, member);
  return {
    name: member.name,
    tag: ownName(input, member),
    request: {
      name: description.name,
      ...(description.description ? { description: description.description } : {}),
      flavorId: mapping.find("flavor", description.flavor.id) ?? "",
      ...(zone ? { availabilityZone: zone } : {}),
      ...(description.hostname ? { hostname: description.hostname } : {}),
      ...(member.keepsUserData && description.user_data ? { userData: description.user_data } : {}),
      configDrive: description.has_config_drive,
      metadata: description.metadata,
      tags: description.tags.filter((tag) => !tag.startsWith("protector-")),
    },
    ports: description.ports.map((_, index) => ({ step: `port.${member.id}.${index}` })),
    volumes: description.volumes.map((volume, index) => ({
      step: `volume.${member.id}.${index}`,
      tag: volume.tag,
      deleteOnTermination: volume.delete_on_termination,
    })),
    serverGroupStep: ownGroup ? serverGroupKey(ownGroup.id) : null,
    serverGroupId: (description.server_group && mappedServerGroup(input, description.server_group.id)) ?? null,
    keyPairStep: description.key_pair ? keyPairStep(input, description.key_pair.name) : null,
    delaySeconds: member.delaySeconds,
  };
}
