import { readFileSync } from "node:fs";

const PAGE = new URL("../../../docs/install.md", import.meta.url);

/** What a named block of the page is: commands to type, the content of a file, or what a command prints. */
export type BlockKind = "run" | "file" | "shown";

/** A block is named by a comment before its fence: `<!-- run: NAME -->`, `<!-- file: PATH -->`, `<!-- shown: NAME -->`. */
const BLOCK = /<!-- (?<kind>run|file|shown): (?<name>\S+) -->\n+```\w*\n(?<text>.*?)^```$/gms;

const blocks = new Map<string, string>();
for (const { groups } of readFileSync(PAGE, "utf8").matchAll(BLOCK)) {
  const { kind, name, text = "" } = groups ?? {};
  const key = `${kind}: ${name}`;
  if (blocks.has(key)) throw new Error(`docs/install.md has two blocks "${key}"`);
  blocks.set(key, text);
}

/**
 * A block of docs/install.md, as it is printed.
 * @throws Error when the page has no such block.
 */
export function pageBlock(kind: BlockKind, name: string): string {
  const text = blocks.get(`${kind}: ${name}`);
  if (text === undefined) throw new Error(`docs/install.md has no block "${kind}: ${name}"`);
  return text;
}

/** Names of all blocks of a kind, so that a walk can tell whether it left one out. */
export function pageBlockNames(kind: BlockKind): readonly string[] {
  return [...blocks.keys()].flatMap((key) => (key.startsWith(`${kind}: `) ? [key.slice(kind.length + 2)] : []));
}
