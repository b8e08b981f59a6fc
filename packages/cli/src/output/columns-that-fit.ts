import { longestWord, widthOf } from "./fit.ts";

/** What a column needs, by which the one to leave out is found. */
export interface ColumnNeed {
  readonly title: string;
  /** Cells of its widest text. */
  readonly content: number;
  /** Cells below which it is not made narrower while another column can be left out. */
  readonly least: number;
  /** Left out before others. */
  readonly isMinor: boolean;
}

/** Between two columns. */
export const GAP = "  ";

/**
 * Places of the columns that a terminal has room for. An id gives way first where there is a name, which every command
 * takes as well; then minor columns and then others, from the right. The first that is left stays, however wide.
 * @param width cells of a line.
 */
export function columnsThatFit(columns: readonly ColumnNeed[], width: number): readonly number[] {
  const hasName = columns.some(({ title }) => title === "name");
  const places = columns.map((_, i) => i);
  const rank = (i: number) => (hasName && columns[i]?.title === "id" ? 0 : columns[i]?.isMinor ? 1 : 2);
  const order = places.toSorted((a, b) => rank(a) - rank(b) || b - a);
  let kept = places;
  const needed = () => kept.reduce((sum, i) => sum + (columns[i]?.least ?? 0), GAP.length * (kept.length - 1));
  for (const i of order) {
    if (needed() <= width || kept.length === 1) break;
    kept = kept.filter((one) => one !== i);
  }
  return kept;
}

/** Cells that a title needs when it is broken at its blanks. */
export function titleWidth(title: string): number {
  return widthOf(longestWord(title));
}
