import { cut, pad, widthOf, wrapHard } from "./fit.ts";
import { type Painter, paintState } from "./style.ts";

/** A state is at most this wide: whole while an id other than the row's own can give way. */
const WORD_WIDTH = 16;
const GAP = "  ";
/** No column is made narrower than this. */
const NARROWEST = 8;
const ID = /^[0-9a-f-]{32,36}$/;

export interface TableOptions {
  /** Cells of a line; undefined = nothing is cut. */
  readonly width: number | undefined;
  readonly paint: Painter;
  /** Columns, by place, whose cells go on in further lines instead of being cut: sentences. */
  readonly wrapped?: ReadonlySet<number>;
}

/** A column of sentences keeps this width while others can give way. */
const SENTENCE_WIDTH = 40;

/**
 * Aligned columns. When they do not fit, wrapped columns give way first, then the widest, then further ids, then words; the
 * first column's id never: what is cut cannot be pasted.
 * @param rows texts by column; all as long as `titles`.
 */
export function tableText(
  titles: readonly string[],
  rows: readonly (readonly string[])[],
  { width, paint, wrapped = new Set() }: TableOptions,
): string {
  const flat = rows.map((row) => row.map((cell) => cell.replaceAll(/\s*\n\s*/g, " ")));
  const natural = titles.map((title, i) => Math.max(widthOf(title), ...flat.map((row) => widthOf(row[i] ?? ""))));
  const isFixed = titles.map((_, i) => flat.length > 0 && flat.every((row) => ID.test(row[i] ?? "")));
  const content = titles.map((_, i) => Math.max(0, ...flat.map((row) => widthOf(row[i] ?? ""))));
  const widths = width === undefined ? natural : shrink(natural, { isFixed, content, width, wrapped });
  const head = titles.map((title, i) => paint(pad(cut(title.toUpperCase(), widths[i] ?? 0), widths[i] ?? 0), "bold"));
  const body = flat.flatMap((row) => rowLines(row, { widths, wrapped, paint }));
  return [head, ...body].map((cells) => `${cells.join(GAP).trimEnd()}\n`).join("");
}

/** The lines of one row, each with all its cells. */
function rowLines(
  row: readonly string[],
  layout: { readonly widths: readonly number[]; readonly wrapped: ReadonlySet<number>; readonly paint: Painter },
): readonly (readonly string[])[] {
  const { widths, wrapped, paint } = layout;
  const cells = row.map((cell, i) => (wrapped.has(i) ? wrapHard(cell, widths[i] ?? 0) : [cell]));
  const height = Math.max(1, ...cells.map((lines) => lines.length));
  return Array.from({ length: height }, (_, line) =>
    cells.map((lines, i) => cellText(lines[line] ?? "", widths[i] ?? 0, paint)),
  );
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
  readonly wrapped: ReadonlySet<number>;
}

/** Titles that are wider than all below them give way before any cell does. */
function shrink(natural: readonly number[], { isFixed, content, width, wrapped }: Room): readonly number[] {
  const widths = [...natural];
  const total = () => widths.reduce((sum, one) => sum + one, GAP.length * (widths.length - 1));
  for (const [i, cells] of content.entries()) {
    const excess = total() - width;
    const current = widths[i] ?? 0;
    if (excess > 0) widths[i] = Math.max(Math.min(current, Math.max(cells, NARROWEST)), current - excess);
  }
  for (const i of wrapped) {
    const current = widths[i] ?? 0;
    const excess = Math.max(0, total() - width);
    widths[i] = Math.max(Math.min(current, SENTENCE_WIDTH), current - excess);
  }
  const narrow = (floor: number) => {
    for (let excess = total() - width; excess > 0; excess = total() - width) {
      const widest = widths.reduce(
        (best, one, i) => (!isFixed[i] && one > (widths[best] ?? 0) ? i : best),
        isFixed.indexOf(false),
      );
      const current = widths[widest] ?? 0;
      if (widest < 0 || current <= floor) return;
      widths[widest] = current - 1;
    }
  };
  narrow(WORD_WIDTH);
  // The first id stays whole, it is the one that is pasted.
  for (let i = widths.length - 1; i > 0; i--) {
    const excess = isFixed[i] ? Math.max(0, total() - width) : 0;
    const current = widths[i] ?? 0;
    widths[i] = Math.max(Math.min(current, NARROWEST), current - excess);
  }
  narrow(NARROWEST);
  return widths;
}
