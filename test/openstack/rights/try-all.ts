import { OutsideError } from "@protector/ports";
import type { CloudTarget } from "../recordings/cloud-target.ts";
import { RecordingTransport } from "../recordings/recording-transport.ts";
import { Scene } from "../recordings/scene.ts";
import { buildStage, clearStage } from "../recordings/stage.ts";
import { CALLERS, type Outcomes, RIGHTS_ROWS, type RowName } from "./rights.ts";
import { type Ground, prepareGround, TRIES } from "./try-calls.ts";

/** How every call of the table ended for every caller. */
export type Tried = Readonly<Record<RowName, Outcomes>>;

/** Makes every call of the table in everybody's name, and leaves the cloud as it was. */
export async function tryAllCalls(target: CloudTarget): Promise<Tried> {
  const recorder = new RecordingTransport(target.transport);
  const scene = new Scene({ ...target, transport: recorder.send }, recorder);
  try {
    await target.setManagePolicy?.("closed");
    const ground = await prepareGround(scene, await buildStage(scene));
    const rows: [RowName, Outcomes][] = [];
    for (const { name } of RIGHTS_ROWS) rows.push([name, await tryCall(name, ground)]);
    return Object.fromEntries(rows) as Tried;
  } finally {
    await clearStage(scene, scene.actor("administrator", target.administrator));
  }
}

async function tryCall(name: RowName, ground: Ground): Promise<Outcomes> {
  const outcomes: [string, string][] = [];
  for (const caller of CALLERS) {
    const attempt = TRIES[name](ground.actors[caller].cloud, ground, caller);
    outcomes.push([caller, await attempt.catch(refusalOf)]);
  }
  return Object.fromEntries(outcomes) as Outcomes;
}

/** The status of a refusal. @throws what is none */
function refusalOf(error: unknown): string {
  if (error instanceof OutsideError && error.failure.status !== undefined) return String(error.failure.status);
  throw error;
}
