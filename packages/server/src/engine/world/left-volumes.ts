import { podOf } from "@protector/storage";
import { listKeptSnapshots } from "../../db/repositories/kept-snapshots.ts";
import type { LeftVolume } from "../plans/left-behind.ts";
import type { PlanningContext } from "../workflows/workflow.ts";
import { idInNames } from "./own-objects.ts";

/** A volume that a group has left at a site. */
export interface VolumeRemains {
  readonly volumeId: string;
  readonly arrayVolume: string;
  readonly name: string;
  /** It may hold what is nowhere else. */
  readonly isApart: boolean;
}

/** Which volumes are destroyed, and which the array keeps: a kept snapshot would go with its volume. */
export async function leftVolumes(
  {
    operation,
    view,
    connection,
  }: Pick<PlanningContext, "view" | "connection"> & { operation: { readonly id: string } },
  volumes: readonly VolumeRemains[],
): Promise<ReadonlyMap<string, LeftVolume>> {
  if (volumes.length === 0) return new Map();
  const kept = (await listKeptSnapshots(connection.db, view.group.id)).map(({ name }) => name);
  const prefix = `protector-${idInNames(operation.id)}-kept`;
  return new Map(
    volumes.map(({ volumeId, arrayVolume, name, isApart }, index) => {
      const keptSnapshots = kept.filter((each) => each.slice(0, each.lastIndexOf(".")) === arrayVolume);
      const isKept = isApart || keptSnapshots.length > 0;
      const keptName = isKept ? inPodOf(arrayVolume, `${prefix}-${index}`) : null;
      return [volumeId, { volumeId, arrayVolume, name, keptName, keptSnapshots }] as const;
    }),
  );
}

/** A volume cannot be renamed out of its pod. */
function inPodOf(volume: string, name: string): string {
  const pod = podOf(volume);
  return pod === undefined ? name : `${pod}::${name}`;
}
