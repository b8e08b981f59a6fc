import { ProtectorError } from "@protector/contract";
import { type PointSource, podOf, pointsOf, type ReplicationSettings } from "@protector/storage";
import { roundOf } from "../runner/forward-run.ts";
import { RedoSteps, type StepContext, type StepHandler } from "../runner/step-handler.ts";
import { lockReason } from "./servers.ts";

/** Input of {@link cutPoint}. */
export interface CutPointInput {
  readonly arrayGroup: string;
  /** Beginning of the point's suffix; the round is added. */
  readonly suffix: string;
  readonly round?: number;
}

/** A point that a step has cut. */
export interface CutPoint {
  readonly suffix: string;
  /** When the source was cut, ms since the UNIX epoch on its array's clock. */
  readonly createdAt: number;
}

/** A point that is usable on the target. */
export interface ArrivedPoint extends CutPoint {
  /** When its transfer ended, ms since the UNIX epoch on the target array's clock; null = it tells none. */
  readonly completedAt: number | null;
  readonly bytesSent: number;
}

/** Cuts the group on its primary array and starts the transfer. */
export const cutPoint: StepHandler<CutPointInput, CutPoint> = {
  run: async (context, input) => {
    return cutPointHere(context, input.arrayGroup, `${input.suffix}-${roundOf(input)}`);
  },
  undo: async (context, input) => {
    for (let round = 0; round <= roundOf(input); round += 1) {
      await destroyPoint(context, input.arrayGroup, `${input.suffix}-${round}`);
    }
  },
};

/** Cuts a group on the array of the step's site; a point of that suffix which an earlier try cut is taken. */
export async function cutPointHere(context: StepContext, arrayGroup: string, suffix: string): Promise<CutPoint> {
  // One in a pod is of the site whose volumes it holds, wherever it is cut.
  const { siteId } = podOf(arrayGroup) === undefined ? context.here : context.source;
  const entry = pointEntry(siteId, suffix);
  await context.ledger.intend(entry);
  const point = await context.here.array.replicateNow(arrayGroup, suffix);
  await context.ledger.present(entry, point.suffix);
  return { suffix: point.suffix, createdAt: point.createdAt };
}

function pointEntry(siteId: string, suffix: string) {
  return { kind: "recovery_point", siteId, projectId: null, name: suffix } as const;
}

/** Input of {@link dropPoint}. */
export interface DropPointInput {
  readonly arrayGroup: string;
  readonly cutStep: string;
}

/** Destroys a point that an earlier step cut and nobody needs any more, on both arrays. */
export const dropPoint: StepHandler<DropPointInput> = {
  run: async (context, { arrayGroup, cutStep }) => {
    const cut = context.outputIfAny<CutPoint>(cutStep);
    if (cut) await destroyPoint(context, arrayGroup, cut.suffix);
  },
};

/** Input of {@link awaitPoint}. */
export interface AwaitPointInput {
  readonly arrayGroup: string;
  readonly cutStep: string;
  readonly round?: number;
}

/** Waits until a point is usable on the target. */
export const awaitPoint: StepHandler<AwaitPointInput, ArrivedPoint> = {
  run: async (context, { arrayGroup, cutStep }) => {
    const cut = context.output<CutPoint>(cutStep);
    const source = await replicaSource(context, arrayGroup);
    const subject = `the transfer of recovery point ${cut.suffix} to ${context.target.siteName}`;
    const { completedAt, bytesSent } = await context.until(subject, async () => {
      const point = await context.target.reads.recoveryPoint({ source, suffix: cut.suffix });
      context.report(point?.progress ?? 0, `${Math.round((point?.progress ?? 0) * 100)} % transferred`);
      return point?.isUsable ? point : undefined;
    });
    return { ...cut, completedAt: completedAt ?? null, bytesSent };
  },
};

/** Input of {@link verifyCut}. */
export interface VerifyCutInput {
  readonly arrayGroup: string;
  readonly cutStep: string;
  /** Array volumes that the point must hold. */
  readonly arrayVolumes: readonly string[];
  readonly servers: readonly { readonly serverId: string; readonly name: string }[];
  /** Steps that quiesce and cut again when a server was not at rest. */
  readonly redo: readonly string[];
  readonly round?: number;
}

const MOST_ROUNDS = 3;

/**
 * The point holds every volume, and every server is still SHUTOFF and locked after the cut: so the point holds their last
 * write. Somebody may have started one in between; then the servers are stopped and the group is cut again.
 */
export const verifyCut: StepHandler<VerifyCutInput, CutPoint> = {
  run: async (context, input) => {
    const cut = context.output<CutPoint>(input.cutStep);
    const source = await replicaSource(context, input.arrayGroup);
    const held = await context.target.array.volumesOfPoint(source, cut.suffix);
    const names = new Set(held.map((volume) => volume.sourceVolume.toLowerCase()));
    const missing = input.arrayVolumes.filter((name) => !names.has(name.toLowerCase()));
    if (missing.length > 0) {
      throw new ProtectorError(
        "recovery_point.none",
        `Recovery point ${cut.suffix} lacks volumes: ${missing.join(", ")}.`,
      );
    }
    const reason = lockReason(context.operation.id);
    const servers = new Map((await context.source.reads.servers()).map((server) => [server.id, server]));
    for (const { serverId, name } of input.servers) {
      const server = servers.get(serverId);
      if (!server)
        throw new ProtectorError("member.server_not_found", `Server ${name} is gone from ${context.source.siteName}.`);
      if (server.status === "SHUTOFF" && server.isLocked && server.lockedReason === reason) continue;
      const found = `${name} is ${server.status}${server.isLocked ? "" : " and unlocked"} after the final cut`;
      if (roundOf(input) + 1 >= MOST_ROUNDS)
        throw new ProtectorError("cloud.refused", `${found}, ${MOST_ROUNDS} times in a row.`);
      throw new RedoSteps(input.redo, `${found}: stopping and cutting again`);
    }
    return cut;
  },
};

/** Input of {@link setSchedule}. */
export interface SetScheduleInput {
  readonly arrayGroup: string;
  readonly settings: ReplicationSettings;
}

/** Sets the replication schedule on the primary array; undoing turns it the other way. */
export const setSchedule: StepHandler<SetScheduleInput> = {
  run: async (context, { arrayGroup, settings }) => {
    await context.here.array.setReplication(arrayGroup, settings);
  },
  undo: async (context, { arrayGroup, settings }) => {
    await context.here.array.setReplication(arrayGroup, { ...settings, enabled: !settings.enabled });
  },
};

/** Turns off the schedule of a group that may be gone from its array: nothing is sent from there any more. */
export const quietGroup: StepHandler<SetScheduleInput> = {
  run: async (context, { arrayGroup, settings }) => {
    const { array, siteName } = context.here;
    const isOn = async () => (await array.findGroup(arrayGroup))?.replication.enabled === true;
    if (!(await isOn())) return;
    await array.setReplication(arrayGroup, { ...settings, enabled: false });
    if (await isOn()) {
      throw new ProtectorError("storage.refused", `The schedule of ${arrayGroup} at ${siteName} is still on.`);
    }
  },
};

/** Input of {@link tidyPoints}. */
export interface TidyPointsInput {
  readonly arrayGroup: string;
  /** Operation whose points are kept. */
  readonly operationId: string;
}

/** Points that operations cut for themselves: before and at the quiet of a failover, first ones of a new direction. */
const OWN_POINT = /^protector-([0-9a-f]{12})-[afrh]-\d+$/;

/** Destroys the points that earlier operations cut for themselves, on both arrays; those of people and schedules stay. */
export const tidyPoints: StepHandler<TidyPointsInput> = {
  run: async (context, { arrayGroup, operationId }) => {
    const own = operationId.replaceAll("-", "").slice(0, 12);
    const source = await replicaSource(context, arrayGroup);
    const lists = await Promise.all([
      context.source.array.listRecoveryPoints({ group: arrayGroup, array: undefined }),
      context.target.array.listRecoveryPoints(source),
    ]);
    for (const suffix of new Set(lists.flat().map((point) => point.suffix))) {
      const maker = OWN_POINT.exec(suffix)?.[1];
      if (maker !== undefined && maker !== own) await destroyPoint(context, arrayGroup, suffix);
    }
  },
};

/** How the target knows the source's group. */
export async function replicaSource(context: StepContext, arrayGroup: string): Promise<PointSource> {
  return pointsOf(arrayGroup, await context.source.arrayName());
}

/** Destroys a point wherever it is: one in a pod is the same at both arrays. */
export async function destroyPoint(context: StepContext, arrayGroup: string, suffix: string): Promise<void> {
  const { here, source, target } = context;
  const own = { group: arrayGroup, array: undefined };
  if (podOf(arrayGroup) === undefined) {
    await target.array.destroyRecoveryPoint(await replicaSource(context, arrayGroup), suffix);
    await source.array.destroyRecoveryPoint(own, suffix);
  } else await here.array.destroyRecoveryPoint(own, suffix);
  await context.ledger.removed(pointEntry(source.siteId, suffix));
}
