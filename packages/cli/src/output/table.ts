import { columnsThatFit, GAP, titleWidth } from "./columns-that-fit.ts";
import { cut, pad, widthOf, wrap, wrapHard } from "./fit.ts";
import { type Painter, paintState } from "./style.ts";

/** A state is at most this wide: whole while an id other than the row's own can give way. */
const WORD_WIDTH = 16;
/** No column is made narrower than this. */
const NARROWEST = 8;
const ID = /^[0-9a-f-]{32,36}$/;

export interface TableOptions {
  /** Cells of a line; undefined = nothing is cut. */
  readonly width: number | undefined;
  readonly paint: Painter;
  /** Columns, by place, whose cells go on in further lines instead of being cut: sentences. */
  readonly wrapped?: ReadonlySet<number>;
  /** Columns, by place, that are left out first where there is no room for all; undefined = every column is shown. */
  readonly minor?: ReadonlySet<number>;
}

/** A column of sentences keeps this width while others can give way. */
const SENTENCE_WIDTH = 40;

/**
 * Aligned columns. When they do not fit, titles are broken at blanks, then wrapped columns give way, then the widest, then
 * further ids; the first column's id never: what is cut cannot be pasted. Columns for which no room is left are named in a
 * line below.
 * @param rows texts by column; all as long as `titles`.
 */
export function tableText(
  titles: readonly string[],
  rows: readonly (readonly string[])[],
  { width, paint, wrapped = new Set(), minor }: TableOptions,
): string {
  const flat = rows.map((row) => row.map((cell) => cell.replaceAll(/\s*\n\s*/g, " ")));
  const content = titles.map((_, i) => Math.max(0, ...flat.map((row) => widthOf(row[i] ?? ""))));
  const isFixed = titles.map((_, i) => flat.length > 0 && flat.every((row) => ID.test(row[i] ?? "")));
  const kept =
    width === undefined || minor === undefined
      ? titles.map((_, i) => i)
      : columnsThatFit(needs(titles, { content, isFixed, wrapped, minor }), width);
  const of = <T>(all: readonly T[]) => kept.map((i) => all[i] as T);
  const shown = new Set(kept.flatMap((i, place) => (wrapped.has(i) ? [place] : [])));
  const room = { titles: of(titles), isFixed: of(isFixed), content: of(content), wrapped: shown };
  const widths = columnWidths(room, width);
  const body = flat.flatMap((row) => rowLines(of(row), { widths, wrapped: shown, paint }));
  const lines = [...headLines(room.titles, widths, paint), ...body].map((cells) => cells.join(GAP).trimEnd());
  const missing = titles.filter((_, i) => !kept.includes(i));
  return [...lines, ...missingLines(missing, width).map((line) => paint(line, "dim"))].join("\n").concat("\n");
}

type Cells = Pick<Room, "content" | "isFixed" | "wrapped"> & { readonly minor: ReadonlySet<number> };

function needs(titles: readonly string[], { content, isFixed, wrapped, minor }: Cells) {
  return titles.map((title, i) => {
    const widest = Math.max(content[i] ?? 0, titleWidth(title));
    const isRowsOwn = isFixed[i] && i === 0;
    const least = isRowsOwn ? widest : Math.min(widest, isFixed[i] && !wrapped.has(i) ? NARROWEST : WORD_WIDTH);
    return { title, content: content[i] ?? 0, least, isMinor: minor.has(i) };
  });
}

/** Titles stand on the lowest line of the head; where a column is narrower they are broken at their blanks. */
function headLines(titles: readonly string[], widths: readonly number[], paint: Painter): string[][] {
  const cells = titles.map((title, i) => wrap(title.toUpperCase(), widths[i] ?? 0));
  const height = Math.max(1, ...cells.map((lines) => lines.length));
  return Array.from({ length: height }, (_, line) =>
    cells.map((lines, i) => {
      const width = widths[i] ?? 0;
      return paint(pad(cut(lines[line - height + lines.length] ?? "", width), width), "bold");
    }),
  );
}

function missingLines(titles: readonly string[], width: number | undefined): readonly string[] {
  if (titles.length === 0 || width === undefined) return [];
  return wrap(`No room for: ${titles.join(", ")}. Name columns with -c, or make the terminal wider.`, width);
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
  readonly titles: readonly string[];
  readonly isFixed: readonly boolean[];
  /** Width of the widest cell under each title. */
  readonly content: readonly number[];
  readonly wrapped: ReadonlySet<number>;
}

/** Titles that are wider than all below them give way before any cell does. */
function columnWidths({ titles, isFixed, content, wrapped }: Room, width: number | undefined): readonly number[] {
  const widths = titles.map((title, i) => Math.max(widthOf(title), content[i] ?? 0));
  if (width === undefined) return widths;
  const total = () => widths.reduce((sum, one) => sum + one, GAP.length * (widths.length - 1));
  for (const [i, cells] of content.entries()) {
    const excess = total() - width;
    const current = widths[i] ?? 0;
    if (excess > 0)
      widths[i] = Math.max(Math.min(current, Math.max(cells, titleWidth(titles[i] ?? ""))), current - excess);
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
