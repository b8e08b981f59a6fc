import { type CommandSection, commandReference, EXIT, EXIT_MEANINGS } from "@protector/cli";
import { KNOWN_DIFFERENCES } from "../test/openstack/recordings/known-differences.ts";
import { rightsTables } from "../test/openstack/rights/rights-tables.ts";

/** A part of a page that is made from data of the code; the rest of the page is written by hand. */
export interface MadePart {
  /** File name under docs/. */
  readonly page: string;
  /** Name in its marks: `<!-- NAME: begin -->`, `<!-- NAME: end -->`. */
  readonly name: string;
  readonly render: () => string;
}

/** Parts that `npm run docs` writes. */
export const MADE_PARTS: readonly MadePart[] = [
  { page: "cli.md", name: "exit codes", render: exitCodes },
  { page: "cli.md", name: "commands", render: commands },
  { page: "rights.md", name: "rights", render: rightsTables },
  { page: "simulator.md", name: "known differences", render: knownDifferences },
];

/** The page with a part made anew. @throws Error when its marks are missing. */
export function withPart(text: string, { name, page, render }: MadePart): string {
  const [begin, end] = [`<!-- ${name}: begin -->`, `<!-- ${name}: end -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/${page} has no marks of ${name}`);
  return `${text.slice(0, from + begin.length)}\n${render()}\n${text.slice(to)}`;
}

function commands(): string {
  return commandReference().map(commandSection).join("\n\n");
}

function commandSection({ noun, help, commands: those }: CommandSection): string {
  const rows = those.map(({ usage, help: what, aliases, calls, columns, exitCodes: codes }) => {
    const also = aliases.map((alias) => `<br>also \`${alias}\``).join("");
    const cells = [`\`${usage}\`${also}<br>${what}`, calls, columns.join(", ") || "nothing", codes.join(" ")];
    return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  });
  const title = noun === undefined ? help : `\`${noun}\`: ${help}`;
  const head = ["| Command | API calls | Output | Exit codes |", "|---|---|---|---|"];
  return [`### ${title[0]?.toUpperCase()}${title.slice(1)}`, "", ...head, ...rows].join("\n");
}

function exitCodes(): string {
  const rows = Object.entries(EXIT).map(([name, code]) => `| ${code} | ${EXIT_MEANINGS[name as keyof typeof EXIT]} |`);
  return ["| Code | Meaning |", "|---|---|", ...rows].join("\n");
}

function knownDifferences(): string {
  const rows = KNOWN_DIFFERENCES.map(({ service, kind, at, reason }) => {
    const where = at.source.replaceAll("\\", "").replaceAll("|", "\\|");
    return `| ${service} | ${kind} | \`${where}\` | ${reason} |`;
  });
  return ["| Service | In the simulator | Where in the answer | Why it stays |", "|---|---|---|---|", ...rows].join(
    "\n",
  );
}
