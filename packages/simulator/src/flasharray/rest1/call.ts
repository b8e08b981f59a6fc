import type { ArrayState } from "../array-state.ts";
import { ArrayError } from "../block-array.ts";
import type { FlashArrayModel } from "../model.ts";
import type { Arguments } from "./arguments.ts";

/** One authenticated call on its way through the routes. */
export interface Rest1Call {
  readonly model: FlashArrayModel;
  readonly state: ArrayState;
  /** Host part of the array's own address, for its data ports. */
  readonly portal: string;
  /** The path's variable parts, in order. */
  readonly parts: readonly string[];
  readonly given: Arguments;
}

/** A path with its method and the arguments that it knows. */
export interface Rest1Route {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** `*` stands for a name. */
  readonly path: string;
  /** Separated by blanks; any other argument is refused. */
  readonly known: string;
  readonly run: (call: Rest1Call) => object;
}

/** The first variable part of the path. */
export function nameOf(call: Rest1Call): string {
  return call.parts[0] ?? "";
}

/** Runs `look` and gives a refusal the words that this interface has for it. */
export function inOtherWords<T>(look: () => T, message: string): T {
  try {
    return look();
  } catch (error) {
    if (error instanceof ArrayError) throw new ArrayError(error.context, message);
    throw error;
  }
}

/** A time as this interface writes it; null when there is none. Times are ms since the UNIX epoch, to the second. */
export function isoTime(at: number | undefined): string | null {
  return at === undefined ? null : new Date(at).toISOString().replace(/\.\d{3}Z$/, "Z");
}
