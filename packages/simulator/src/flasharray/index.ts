import type { Conditions } from "../http/faults.ts";
import { versionsUpTo } from "./api-version.ts";
import type { ArraySettings } from "./array-state.ts";
import { FlashArrayFrontEnd } from "./front-end.ts";
import { FlashArrayModel } from "./model.ts";
import { Sessions } from "./sessions.ts";

export { versionsUpTo } from "./api-version.ts";
export { type ArrayLink, linkArrays } from "./array-link.ts";
export type { ArrayMemory, ArraysMemory } from "./array-memory.ts";
export { ArrayDownError, ArrayError, type ArrayVolumeView, type BlockArray } from "./block-array.ts";
export type { ArrayDescription } from "./description.ts";
export { FlashArrayFrontEnd } from "./front-end.ts";
export type { LinkOptions } from "./link.ts";
export { FlashArrayModel } from "./model.ts";
export type { Problem as ArrayProblem } from "./objects.ts";
export { Sessions } from "./sessions.ts";

/** How a simulated array is set up. */
export interface FlashArrayOptions extends ArraySettings {
  /** With it, an array that is switched off refuses connections; without, it answers 503. */
  readonly conditions?: Conditions;
  /** Origin of its REST interface, e.g. `https://127.0.0.21`. */
  readonly origin: string;
  readonly apiToken: string;
  /** What it announces, ascending; default everything up to 2.26. See {@link versionsUpTo}. */
  readonly versions?: readonly string[];
  /** ms that a session may be idle; default one hour, 0 = for ever. */
  readonly idleTimeoutMs?: number;
  /** Told after every call that may have changed the array, before it is answered. */
  readonly onChange?: (() => void) | undefined;
}

export interface SimulatedFlashArray {
  readonly service: FlashArrayFrontEnd;
  readonly model: FlashArrayModel;
  readonly sessions: Sessions;
}

/** One array: its model, its REST interfaces of both families, its sessions. */
export function createFlashArray(options: FlashArrayOptions): SimulatedFlashArray {
  const idleTimeoutMs = options.idleTimeoutMs ?? 3_600_000;
  let restore: (() => void) | undefined;
  const model = new FlashArrayModel(options, {
    idleTimeoutMs,
    onPower: (isUp) => {
      restore?.();
      restore = isUp
        ? undefined
        : options.conditions?.inject({ service: options.name, fault: { kind: "unreachable" } });
    },
  });
  const sessions = new Sessions(model.state, options.apiToken, idleTimeoutMs);
  const versions = options.versions ?? versionsUpTo(26);
  const service = new FlashArrayFrontEnd({
    model,
    sessions,
    origin: options.origin,
    versions,
    onChange: options.onChange,
  });
  return { service, model, sessions };
}
