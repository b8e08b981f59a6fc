import { setFlagsFromString } from "node:v8";

/**
 * Option of Node.js that the engine is started with: a half of the young generation has 4 MiB at most. V8 itself lets it grow
 * to 32 MiB, twice over, as soon as much is read; of an engine these are pages of lists that nobody needs any more. V8 takes
 * it at the start of a process only.
 */
export const SMALL_YOUNG_GENERATION = "--max-semi-space-size=4";

/**
 * Has garbage collected when the heap is half as large again as what was in use the last time. V8 itself lets it grow to four
 * times that where memory seems plenty: of an engine, which reads long lists again and again, most would be lists that nobody
 * needs any more. Costs CPU time in the order of a tenth.
 */
export function keepHeapSmall(): void {
  setFlagsFromString("--heap-growing-percent=50");
}
