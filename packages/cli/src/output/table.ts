import { cut, pad, widthOf } from "./fit.ts";
import { type Painter, paintState } from "./style.ts";

const GAP = "  ";
/** No column is made narrower than this. */
const NARROWEST = 8;
const ID = /^[0-9a-f-]{32,36}$/;

export interface TableOptions {
  /** Cells of a line; undefined = nothing is cut. */
  readonly width: number | undefined;
  readonly paint: Painter;
}

/**
 * Aligned columns. When they do not fit, the widest give way first and ids last: an id that is cut cannot be pasted.
 * @param rows texts by column; all as long as `titles`.
 */
export function tableText(
  titles: readonly string[],
  rows: readonly (readonly string[])[],
  { width, paint }: TableOptions,
): string {
  const flat = rows.map((row) => row.map((cell) => cell.replaceAll(/\s*\n\s*/g, " ")));
  const natural = titles.map((title, i) => Math.max(widthOf(title), ...flat.map((row) => widthOf(row[i] ?? ""))));
  const isFixed = titles.map((_, i) => flat.length > 0 && flat.every((row) => ID.test(row[i] ?? "")));
  const content = titles.map((_, i) => Math.max(0, ...flat.map((row) => widthOf(row[i] ?? ""))));
  const widths = width === undefined ? natural : shrink(natural, { isFixed, content, width });
  const head = titles.map((title, i) => paint(pad(cut(title.toUpperCase(), widths[i] ?? 0), widths[i] ?? 0), "bold"));
  const body = flat.map((row) => row.map((cell, i) => cellText(cell, widths[i] ?? 0, paint)));
  return [head, ...body].map((cells) => `${cells.join(GAP).trimEnd()}\n`).join("");
}

function cellText(cell: string, width: number, paint: Painter): string {
  const shown = cut(cell, width);
  return paintState(shown, paint) + " ".repeat(Math.max(0, width - widthOf(shown)));
}

interface Room {
  readonly isFixed: readonly boolean[];
  /** Width of the widest cell under each title. */
  readonly content: readonly number[];
  readonly width: number;
}

/** Titles that are wider than all below them give way before any cell does. */
function shrink(natural: readonly number[], { isFixed, content, width }: Room): readonly number[] {
  const widths = [...natural];
  const total = () => widths.reduce((sum, one) => sum + one, GAP.length * (widths.length - 1));
  for (const [i, cells] of content.entries()) {
    const excess = total() - width;
    const current = widths[i] ?? 0;
    if (excess > 0) widths[i] = Math.max(Math.min(current, Math.max(cells, NARROWEST)), current - excess);
  }
  for (let excess = total() - width; excess > 0; excess = total() - width) {
    const widest = widths.reduce(
      (best, one, i) => (!isFixed[i] && one > (widths[best] ?? 0) ? i : best),
      isFixed.indexOf(false),
    );
    const current = widths[widest] ?? 0;
    if (widest < 0 || current <= NARROWEST) break;
    widths[widest] = current - 1;
  }
  return widths;
}
