import { type Cell, type FileContent, type FileProblems, type FileRow, MAPPING_COLUMNS, NIC_COLUMNS } from "./cell.ts";
import { readCsv } from "./csv.ts";
import { readYaml } from "./yaml.ts";

/** Reads what was exported, edited or written by hand: CSV by its ending, else YAML or JSON. */
export function readMappingFile(file: string, content: string, problems: FileProblems): FileContent {
  return /\.(csv|tsv)$/i.test(file) ? readTable(file, content, problems) : readYaml(file, content, problems);
}

function readTable(file: string, content: string, problems: FileProblems): FileContent {
  const [head = [], ...rows] = readCsv(file, content);
  const names = head.map(({ text }) => text.toLowerCase());
  const isOfNics = names.includes("nic");
  const known: readonly string[] = isOfNics ? NIC_COLUMNS : MAPPING_COLUMNS;
  const needed = isOfNics ? ["member", "nic"] : MAPPING_COLUMNS;
  const missing = needed.filter((name) => !names.includes(name));
  if (missing.length > 0) {
    const either = `${MAPPING_COLUMNS.join(",")} for mappings, ${NIC_COLUMNS.join(",")} for NICs`;
    problems.add(
      { file, line: 1, column: 1 },
      `the first line names the columns; it lacks ${missing.join(", ")}: ${either}.`,
    );
    return { mappings: [], nics: [] };
  }
  for (const cell of head)
    if (!known.includes(cell.text.toLowerCase()))
      problems.add(cell.place, `"${cell.text}" is no column. Columns: ${known.join(",")}.`);
  const found = rows.flatMap((cells) => rowOf(cells, names, problems));
  return isOfNics ? { mappings: [], nics: found } : { mappings: found, nics: [] };
}

function rowOf(cells: readonly Cell[], names: readonly string[], problems: FileProblems): readonly FileRow[] {
  const [first] = cells;
  if (!first) return [];
  const surplus = cells[names.length];
  if (surplus) {
    problems.add(
      surplus.place,
      `the line has ${cells.length} values for ${names.length} columns; quote a comma: "a,b".`,
    );
    return [];
  }
  const filled = cells.flatMap((cell, index) => (cell.text === "" ? [] : [[names[index] ?? "", cell] as const]));
  return [{ cells: new Map(filled), place: first.place }];
}
