import type { PlannedStep, Side, StepSettings } from "../runner/plan.ts";
import type { KeptSnapshotInput, KeptVolumeInput } from "../steps/overwrite-volume.ts";
import { barrier, step } from "./planned-step.ts";

/** What an array keeps of a volume, because it is nowhere else. */
export interface KeptObject {
  readonly id: string;
  readonly kind: "kept_volume" | "volume_snapshot";
  /** On the array. */
  readonly name: string;
  readonly side: Side;
  readonly siteName: string;
}

/** How the step that deletes something kept stands in its plan. */
export interface RemovalOptions {
  readonly key: string;
  readonly dependsOn?: readonly string[];
  readonly settings?: Partial<StepSettings>;
}

/** Destroys one of them. @param all what is kept beside it: a volume takes its snapshots along. */
export function keptRemoval(kept: KeptObject, all: readonly KeptObject[], options: RemovalOptions): PlannedStep {
  const { key, ...rest } = options;
  const { kind, name, side, siteName } = kept;
  if (kind === "kept_volume") {
    const input: KeptVolumeInput = { name, snapshots: all.filter((each) => isOf(each, kept)).map((each) => each.name) };
    const title = `Destroy array volume ${name} at ${siteName}`;
    return step(key, "ensure", "volume.destroy_kept", title, "empty", side, { ...rest, input });
  }
  const cut = name.lastIndexOf(".");
  const input: KeptSnapshotInput = { arrayVolume: name.slice(0, cut), keptSuffix: name.slice(cut + 1) };
  const title = `Destroy snapshot ${name} at ${siteName}`;
  return step(key, "ensure", "volume.drop_kept", title, "empty", side, { ...rest, input });
}

/** Destroys all of them. */
export function keptRemovals(all: readonly KeptObject[], optionsOf: (kept: KeptObject) => RemovalOptions) {
  return all
    .filter((kept) => !all.some((other) => isOf(kept, other)))
    .map((kept) => keptRemoval(kept, all, optionsOf(kept)));
}

/** Beginning of the keys of steps that tell what stays. */
const STAYS = "kept.stays.";

/** Tells in plan and report what stays on an array though nothing knows of it any more. */
export function keptStays({ id, kind, name, side, siteName }: KeptObject): PlannedStep {
  const what = kind === "kept_volume" ? "array volume" : "snapshot";
  return barrier(`${STAYS}${id}`, `Leave ${what} ${name} at ${siteName}`, "finish", side, {
    input: { name, siteName },
  });
}

/** What steps of a plan have left on arrays. */
export function staysOf(steps: readonly Pick<PlannedStep, "key" | "input">[]) {
  return steps
    .filter(({ key }) => key.startsWith(STAYS))
    .map(({ input }) => input as Pick<KeptObject, "name" | "siteName">);
}

/** Whether a snapshot is of a volume that is kept itself. */
function isOf(snapshot: KeptObject, volume: KeptObject): boolean {
  return (
    volume.kind === "kept_volume" &&
    snapshot.kind === "volume_snapshot" &&
    snapshot.side === volume.side &&
    snapshot.name.startsWith(`${volume.name}.`)
  );
}
