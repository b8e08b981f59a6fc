/**
 * What a simulated volume holds: the log of every write it took, oldest first. Logs are immutable, so a snapshot, a
 * replica and a clone are the same log by reference and cost nothing.
 */
export interface Write {
  /** Server (Nova id) whose guest wrote, or another writer's name. */
  readonly writer: string;
  /** Position in that writer's own history, over all its disks: 1, 2, 3, … */
  readonly sequence: number;
  /** ms since the UNIX epoch. */
  readonly at: number;
  readonly text: string;
}

/** An immutable log: the newest write and the log before it. */
export interface Content {
  readonly length: number;
  readonly last: Write | undefined;
  readonly before: Content | undefined;
}

/** A new, blank volume. */
export const BLANK: Content = { length: 0, last: undefined, before: undefined };

/** The log with one write more. */
export function append(content: Content, write: Write): Content {
  return { length: content.length + 1, last: write, before: content };
}

/** All writes, oldest first. */
export function writesOf(content: Content): readonly Write[] {
  const writes: Write[] = [];
  for (let at: Content | undefined = content; at?.last; at = at.before) writes.push(at.last);
  return writes.reverse();
}
