import type { CloudTarget } from "./cloud-target.ts";
import type { RecordedCall, ServiceRecording } from "./recording.ts";
import { RecordingTransport } from "./recording-transport.ts";
import { Scene } from "./scene.ts";
import { buildStage, clearStage } from "./stage.ts";
import { playCompute } from "./steps/compute.ts";
import { playIdentity } from "./steps/identity.ts";
import { playImagesAndPlacement } from "./steps/images-and-placement.ts";
import { playNetwork } from "./steps/network.ts";
import { playStorage } from "./steps/storage.ts";
import { playVolumeGroups } from "./steps/volume-groups.ts";
import { everyMethod } from "./traced-cloud.ts";

/** What one run of all steps against a cloud gave. */
export interface CloudRecording {
  readonly services: readonly ServiceRecording[];
  /** `client.method` of everything that the clients have and no step called. */
  readonly unused: readonly string[];
  /** Steps that ended otherwise than the scenario says. */
  readonly surprises: readonly string[];
}

const PLAYS = [playIdentity, playImagesAndPlacement, playNetwork, playStorage, playVolumeGroups, playCompute];

/**
 * Plays every step against a cloud, and leaves it as it was.
 * @throws Error when the cloud cannot be prepared.
 */
export async function recordCloud(target: CloudTarget): Promise<CloudRecording> {
  const recorder = new RecordingTransport(target.transport);
  const scene = new Scene({ ...target, transport: recorder.send }, recorder);
  const clear = () => clearStage(scene, scene.actor("administrator", target.administrator));
  try {
    const stage = await buildStage(scene);
    for (const play of PLAYS) {
      // What cannot go on here says nothing about the other services.
      await play(scene, stage).catch((error) => scene.surprises.push(`${play.name}: ${error}`));
    }
    const unused = everyMethod(stage.service.cloud).filter((name) => !scene.used.has(name));
    await clear();
    return { services: byService(recorder), unused, surprises: scene.surprises };
  } catch (error) {
    // What went wrong first is what is told.
    await clear().catch(() => {});
    throw error;
  }
}

function byService({ exchanges }: RecordingTransport): readonly ServiceRecording[] {
  const services = Map.groupBy(exchanges, ({ service }) => service);
  return [...services].map(([service, calls]) => ({
    service,
    calls: calls.map(({ service: _of, ...call }): RecordedCall => call),
  }));
}
