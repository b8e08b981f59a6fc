import { setFlagsFromString } from "node:v8";

/**
 * Has garbage collected when the heap is half as large again as what was in use the last time. V8 itself lets it grow to four
 * times that where memory seems plenty: of an engine, which reads long lists again and again, most would be lists that nobody
 * needs any more. Costs CPU time in the order of a tenth.
 */
export function keepHeapSmall(): void {
  setFlagsFromString("--heap-growing-percent=50");
}
