import type { PlannedStep } from "../runner/plan.ts";
import type { OverwriteVolumeInput } from "../steps/overwrite-volume.ts";
import type {
  AttachVolumeInput,
  CaptureHomeInput,
  DetachVolumeInput,
  ReusePortInput,
  UnlockInput,
  UnshelveInput,
} from "../steps/return-server.ts";
import type { QuiesceInput } from "../steps/servers.ts";
import type { VerifyServerInput } from "../steps/verify-server.ts";
import type { ComingHome, HomeVolume } from "./failback-input.ts";
import type { FailoverInput } from "./failover-input.ts";
import { amongChanges, changeSteps } from "./home-changes.ts";
import { type MemberRecovery, memberRecovery } from "./member-recovery.ts";
import { step } from "./planned-step.ts";
import { gateSteps } from "./readiness-gates.ts";

/** The steps that bring one member home: onto what waits there, and made anew where it is gone. */
export function memberReturn(input: FailoverInput, coming: ComingHome): MemberRecovery {
  const rebuilt = memberRecovery(input, coming.member);
  const { server, member } = coming;
  const changes = changeSteps(input, coming);
  if (!server) {
    return {
      prepare: rebuilt.prepare.map((each) => onOwnPort(coming, each)),
      recover: (tierBefore) => [
        ...changes.before,
        ...amongChanges(withKeptVolumes(input, coming, rebuilt.recover(tierBefore)), changes),
        ...changes.after,
        ...capture(coming),
      ],
    };
  }
  const park = step(
    `home.park.${member.id}`,
    "ensure",
    "server.park",
    `See that ${member.name} is shelved at ${input.target.siteName}`,
    "prepare",
    "target",
    {
      memberId: member.id,
      input: { serverId: server.id, name: member.name },
      dependsOn: ["checked"],
      settings: { weight: 3 },
    },
  );
  return {
    prepare: [
      park,
      ...rebuilt.prepare
        .map((each) => onOwnPort(coming, each))
        .filter((each) => isReused(each) || isOfAddedNic(coming, each, "port")),
    ],
    recover: (tierBefore) => {
      const all = rebuilt.recover(tierBefore);
      const volumes = all.filter(({ action }) => action.startsWith("volume."));
      return [
        ...withKeptVolumes(input, coming, volumes),
        ...attachments(coming),
        ...changes.before,
        ...amongChanges(kept(input, coming, tierBefore), changes),
        ...changes.after,
        ...all.filter((each) => isOfAddedNic(coming, each, "floating_ip")).map(whenPlugged),
        ...capture(coming),
      ];
    },
  };
}

/** What each kept snapshot is called: the volume's name comes before it. */
export function keptSuffix({ operationId }: Pick<FailoverInput, "operationId">): string {
  return `protector-${operationId.replaceAll("-", "").slice(0, 12)}-before`;
}

/** Ports that the server has kept: gates ask them for addresses. */
function isReused({ action }: PlannedStep): boolean {
  return action === "port.reuse";
}

/** @param kind of the keys of steps that have the interface's place behind the member's id. */
function isOfAddedNic({ nics }: ComingHome, { key }: PlannedStep, kind: "port" | "floating_ip"): boolean {
  const [own, , index] = key.split(".");
  return own === kind && nics.added.includes(Number(index));
}

function whenPlugged(planned: PlannedStep): PlannedStep {
  const [, memberId, index] = planned.key.split(".");
  return { ...planned, after: [...planned.after, `plug.${memberId}.${index}`] };
}

function onOwnPort(coming: ComingHome, planned: PlannedStep): PlannedStep {
  const { member, home } = coming;
  if (planned.action !== "port.ensure" || isOfAddedNic(coming, planned, "port")) return planned;
  const { request } = planned.input as { request: { macAddress?: string } };
  const port = home.ports.get(request.macAddress?.toLowerCase() ?? "");
  if (!port) return planned;
  const { replaced } = home;
  const takenFrom = replaced && port.deviceId === replaced.id ? replaced.id : undefined;
  const input: ReusePortInput = { portId: port.id, serverName: member.name, ...(takenFrom ? { takenFrom } : {}) };
  const settings = { ...planned.settings, isUndoable: takenFrom !== undefined };
  const kind = takenFrom ? "ensure" : "observe";
  return { ...planned, kind, action: "port.reuse", title: `Take port ${port.id} again`, input, settings };
}

/** Volumes that wait are overwritten instead of made; what they are called and hold beside data is theirs already. */
function withKeptVolumes(
  input: FailoverInput,
  { member, volumes }: ComingHome,
  steps: readonly PlannedStep[],
): readonly PlannedStep[] {
  return steps.flatMap((planned): readonly PlannedStep[] => {
    const index = Number(planned.key.split(".")[2]);
    const waiting = volumes[index];
    if (planned.action === "volume.recover" && waiting) return [overwrite(input, { member, index, waiting }, planned)];
    if (planned.action === "volume.describe" && waiting) return [];
    return [{ ...planned, dependsOn: planned.dependsOn.map((key) => undescribed(key, { member, volumes })) }];
  });
}

function undescribed(key: string, { member, volumes }: Pick<ComingHome, "member" | "volumes">): string {
  const [kind, memberId, index] = key.split(".");
  return kind === "describe" && memberId === member.id && volumes[Number(index)] ? `volume.${memberId}.${index}` : key;
}

function overwrite(
  { group, operationId, target }: FailoverInput,
  { member, index, waiting }: Pick<ComingHome, "member"> & { readonly index: number; readonly waiting: HomeVolume },
  planned: PlannedStep,
): PlannedStep {
  const { temporaryName } = planned.input as { temporaryName: string };
  const input: OverwriteVolumeInput = {
    title: `volume ${waiting.name || waiting.volumeId} of ${member.name}`,
    temporaryName,
    arrayGroup: group.arrayGroup,
    pointStep: "final.verify",
    sourceVolume: member.description.volumes[index]?.array_volume ?? "",
    volumeId: waiting.volumeId,
    arrayVolume: waiting.arrayVolume,
    sizeGib: member.description.volumes[index]?.size_gib ?? waiting.sizeGib,
    keptSuffix: keptSuffix({ operationId }),
  };
  const title = `Overwrite ${waiting.name || waiting.volumeId} of ${member.name} at ${target.siteName}, a snapshot of it kept`;
  return { ...planned, kind: "fire", action: "volume.overwrite", title, input };
}

/** Everything that the server can be given while it is shelved, before it starts. */
function attachments({ member, home, server, volumes, surplus }: ComingHome): readonly PlannedStep[] {
  const { id: memberId, name, description } = member;
  const serverId = server?.id ?? "";
  const attach = description.volumes.flatMap((volume, index) => {
    const waiting = volumes[index];
    if (waiting && server?.volumeIds.includes(waiting.volumeId)) return [];
    const input: AttachVolumeInput = {
      serverId,
      name,
      volumeStep: `volume.${memberId}.${index}`,
      deleteOnTermination: volume.delete_on_termination,
    };
    return step(
      `attach.${memberId}.${index}`,
      "ensure",
      "server.attach",
      `Attach volume ${index + 1} to ${name}`,
      "recover",
      "target",
      {
        memberId,
        input,
        dependsOn: [
          waiting ? `volume.${memberId}.${index}` : `describe.${memberId}.${index}`,
          ...surplus.map((id) => `detach.${memberId}.${id}`),
        ],
        settings: { isUndoable: true, onFailure: failureOf(member) },
      },
    );
  });
  const detach = surplus.map((volumeId) => {
    const known = home.description?.volumes.find((each) => each.volume_id === volumeId);
    const deleteOnTermination = known?.delete_on_termination ?? false;
    const input: DetachVolumeInput = { serverId, name, volumeId, deleteOnTermination };
    return step(
      `detach.${memberId}.${volumeId}`,
      "ensure",
      "server.detach",
      `Detach volume ${volumeId} from ${name}`,
      "recover",
      "target",
      {
        memberId,
        input,
        dependsOn: ["schedule.off"],
        settings: { isUndoable: true, onFailure: failureOf(member) },
      },
    );
  });
  return [...detach, ...attach];
}

function failureOf({ isCritical }: ComingHome["member"]) {
  return isCritical ? ("stop" as const) : ("member" as const);
}

function kept(input: FailoverInput, coming: ComingHome, tierBefore: string | null): readonly PlannedStep[] {
  const { member, home, server, surplus, nics } = coming;
  const { id: memberId, name, description } = member;
  const serverId = server?.id ?? "";
  const serverStep = `server.${memberId}`;
  const of = { memberId, settings: { onFailure: failureOf(member) } };
  const target = input.target.siteName;
  const unshelve: UnshelveInput = { serverId, name, delaySeconds: member.delaySeconds };
  const unlock: UnlockInput = {
    serverId,
    name,
    wasLocked: description.was_locked || (home.description?.was_locked ?? false),
    lockedReason: description.locked_reason ?? home.description?.locked_reason ?? null,
  };
  const verify: VerifyServerInput = {
    name,
    serverStep,
    shouldRun: description.was_running,
    portSteps: [],
    portIds: [...home.ports.values()].flatMap((port) => (nics.removed.includes(port) ? [] : [port.id])),
    volumeSteps: description.volumes.map((_, index) => `volume.${memberId}.${index}`),
    stopStep: `stop.${memberId}`,
  };
  const isOff = !description.was_running;
  const gates = gateSteps(input, member, []);
  return [
    step(serverStep, "fire", "server.unshelve", `Start ${name} at ${target}`, "recover", "target", {
      memberId,
      input: unshelve,
      dependsOn: [
        ...description.volumes.map((_, index) => `volume.${memberId}.${index}`),
        ...attachments(coming).map(({ key }) => key),
        ...surplus.map((id) => `detach.${memberId}.${id}`),
        ...member.dependsOn.map((id) => `gate.${id}`),
      ],
      after: tierBefore ? [tierBefore] : [],
      settings: { isPointOfNoReturn: true, onFailure: failureOf(member), weight: 8 },
    }),
    step(`active.${memberId}`, "observe", "server.await_active", `Wait for ${name} to be ACTIVE`, "recover", "target", {
      ...of,
      input: { name, serverStep },
      dependsOn: [serverStep],
    }),
    // While the administrator's lock stands its owner could not turn it off himself.
    ...(isOff
      ? [
          step(`power_off.${memberId}`, "ensure", "server.stop", `Turn ${name} off, as it was`, "recover", "target", {
            ...of,
            input: { serverId, name, beforeStep: `before.${memberId}` } satisfies QuiesceInput,
            dependsOn: [`active.${memberId}`],
          }),
        ]
      : []),
    step(`unlock.${memberId}`, "ensure", "server.unlock", `Unlock ${name}`, "recover", "target", {
      ...of,
      input: unlock,
      dependsOn: [isOff ? `power_off.${memberId}` : `active.${memberId}`],
    }),
    ...gates,
    step(`gate.${memberId}`, "observe", "barrier", `${name} is ready`, "recover", "target", {
      memberId,
      dependsOn: [`unlock.${memberId}`, ...gates.map(({ key }) => key)],
      settings: { onFailure: failureOf(member), weight: 0 },
    }),
    step(`verify.${memberId}`, "observe", "server.verify", `See that ${name} is as planned`, "verify", "target", {
      ...of,
      input: verify,
      dependsOn: [`gate.${memberId}`],
    }),
  ];
}

function capture({ member }: ComingHome): readonly PlannedStep[] {
  const input: CaptureHomeInput = { name: member.name, serverStep: `server.${member.id}` };
  return [
    step(`capture.${member.id}`, "observe", "server.capture", `Capture ${member.name} anew`, "verify", "target", {
      memberId: member.id,
      input,
      dependsOn: [`verify.${member.id}`],
      settings: { onFailure: "member" },
    }),
  ];
}
