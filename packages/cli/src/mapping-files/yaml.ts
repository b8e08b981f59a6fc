import { isMap, isScalar, isSeq, LineCounter, type Node, type Pair, parseDocument, type YAMLMap } from "yaml";
import { type Cell, type FileContent, type FileProblems, type FileRow, NIC_COLUMNS, type Place } from "./cell.ts";

/**
 * Reads mappings of YAML or JSON: `{mappings: {network: {A: B}}, nics: [{member, nic, …}]}`; mappings may stand alone at the
 * top, and may be a list of `{kind, source, target}`, also as `mapping show -f yaml` writes them.
 */
export function readYaml(file: string, content: string, problems: FileProblems): FileContent {
  const lines = new LineCounter();
  const document = parseDocument(content, { lineCounter: lines });
  const placeOf = (node: unknown): Place => {
    const { line, col } = lines.linePos((node as Node | null)?.range?.[0] ?? 0);
    return { file, line: Math.max(1, line), column: Math.max(1, col) };
  };
  for (const { message, linePos } of document.errors) {
    const [at] = linePos ?? [{ line: 1, col: 1 }];
    problems.add({ file, line: at.line, column: at.col }, (message.split("\n")[0] ?? "").replace(/ at line .*$/, ""));
  }
  const reader = new YamlReader(placeOf, problems);
  return document.errors.length > 0 ? { mappings: [], nics: [] } : reader.content(document.contents);
}

class YamlReader {
  readonly #placeOf: (node: unknown) => Place;
  readonly #problems: FileProblems;

  constructor(placeOf: (node: unknown) => Place, problems: FileProblems) {
    this.#placeOf = placeOf;
    this.#problems = problems;
  }

  content(root: unknown): FileContent {
    if (isSeq(root)) return { mappings: this.#mappings(root), nics: [] };
    if (!isMap(root)) {
      if (root !== null) this.#wrong(root, "a map was expected, such as {network: {A: B}}");
      return { mappings: [], nics: [] };
    }
    const [mappings, nics] = [root.get("mappings", true), root.get("nics", true)];
    if (mappings === undefined && nics === undefined) return { mappings: this.#mappings(root), nics: [] };
    for (const { key } of root.items)
      if (!["mappings", "nics"].includes(textOf(key)))
        this.#wrong(key, `"${textOf(key)}" is neither mappings nor nics`);
    return { mappings: this.#mappings(mappings), nics: this.#nics(nics) };
  }

  #wrong(node: unknown, text: string): void {
    this.#problems.add(this.#placeOf(node), `${text}.`);
  }

  #mappings(node: unknown): readonly FileRow[] {
    if (node === undefined || isNull(node)) return [];
    if (isSeq(node)) return node.items.flatMap((item) => this.#listed(item));
    if (!isMap(node)) {
      this.#wrong(node, "mappings are a map of kinds: {network: {A: B}}");
      return [];
    }
    return node.items.flatMap((pair) => this.#ofKind(pair as Pair));
  }

  #ofKind({ key, value }: Pair): readonly FileRow[] {
    if (isNull(value)) return [];
    if (!isMap(value)) {
      this.#wrong(value ?? key, `${textOf(key)} wants a map {A: B}`);
      return [];
    }
    return value.items.map((pair) => {
      const cells = { kind: this.#cell(key), source: this.#cell(pair.key), target: this.#cell(pair.value ?? pair.key) };
      return { cells: new Map(Object.entries(cells)), place: this.#placeOf(pair.key) };
    });
  }

  /** `source_id` is what `mapping show` calls it. */
  #listed(item: unknown): readonly FileRow[] {
    if (!isMap(item)) {
      this.#wrong(item, "each mapping is {kind, source, target}");
      return [];
    }
    const of = (name: string) => {
      const node = item.get(name, true) ?? item.get(`${name}_id`, true);
      return node === undefined ? [] : [[name, this.#cell(node)] as const];
    };
    return [{ cells: new Map([...of("kind"), ...ofId(item, of)]), place: this.#placeOf(item) }];
  }

  #nics(node: unknown): readonly FileRow[] {
    if (node === undefined || isNull(node)) return [];
    if (!isSeq(node)) {
      this.#wrong(node, "nics is a list of {member, nic, …}");
      return [];
    }
    return node.items.flatMap((item) => {
      if (isMap(item)) return [this.#nic(item)];
      this.#wrong(item, "each NIC is {member, nic, …}");
      return [];
    });
  }

  #nic(item: YAMLMap): FileRow {
    const cells = new Map<string, Cell>();
    for (const { key, value } of item.items) {
      const name = textOf(key);
      if (!(NIC_COLUMNS as readonly string[]).includes(name))
        this.#wrong(key, `"${name}" is nothing that a NIC has; it has ${NIC_COLUMNS.join(", ")}`);
      if (value !== null && !isNull(value)) cells.set(name, this.#cell(value));
    }
    return { cells, place: this.#placeOf(item) };
  }

  /** A list is written like the cell of a table; an empty one says `none`. */
  #cell(node: unknown): Cell {
    const place = this.#placeOf(node);
    if (isSeq(node)) return { text: node.items.length === 0 ? "none" : node.items.map(textOf).join("; "), place };
    if (isMap(node)) this.#wrong(node, "a name, an id or a list was expected");
    return { text: textOf(node), place };
  }
}

/** With ids in the list, names beside them are there for people. */
function ofId(item: YAMLMap, of: (name: string) => readonly (readonly [string, Cell])[]) {
  return ["source", "target"].flatMap((name) => {
    if (item.get(`${name}_id`, true) === undefined) return of(name);
    return of(`${name}_id`).map(([, cell]) => [name, cell] as const);
  });
}

function isNull(node: unknown): boolean {
  return node === null || (isScalar(node) && node.value === null);
}

/** As it was written: an unquoted MAC or number is text here. */
function textOf(node: unknown): string {
  if (isScalar(node)) return node.source ?? String(node.value ?? "");
  return node === null || node === undefined || typeof node === "object" ? "" : String(node);
}
