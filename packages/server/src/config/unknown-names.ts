import type { ConfigProblem } from "./config-problem.ts";
import type { IniEntry } from "./ini.ts";
import { nearestName } from "./nearest-name.ts";
import type { OptionTable } from "./option.ts";
import { UNUSED_OPTIONS } from "./unused-options.ts";

/** Sections that other OpenStack services read and this one does not. */
const FOREIGN_SECTIONS = [
  "cors",
  "coordination",
  "nova",
  "neutron",
  "glance",
  "placement",
  "oslo_messaging_notifications",
];

/** A warning for each option and section that nothing reads, with the name that was probably meant. */
export function unknownNames(entries: readonly IniEntry[], options: OptionTable): readonly ConfigProblem[] {
  const warnings: ConfigProblem[] = [];
  const reported = new Set<string>();
  for (const entry of entries) {
    const known = options[entry.section];
    if (known?.[entry.name]) continue;
    const base = { source: entry.file, line: entry.line, section: entry.section };
    if (UNUSED_OPTIONS[entry.section]?.includes(entry.name)) {
      warnings.push({ ...base, option: entry.name, text: "has no effect in this service" });
    } else if (known) {
      const text = `unknown option${meant(nearestName(entry.name, Object.keys(known)))}`;
      warnings.push({ ...base, option: entry.name, text });
    } else if (!reported.has(entry.section)) {
      reported.add(entry.section);
      warnings.push({ ...base, option: undefined, text: sectionText(entry.section, options) });
    }
  }
  return warnings;
}

function sectionText(section: string, options: OptionTable): string {
  if (FOREIGN_SECTIONS.includes(section)) return "this section has no effect in this service";
  return `unknown section${meant(nearestName(section, Object.keys(options)))}`;
}

function meant(name: string | undefined): string {
  return name === undefined ? "" : `; did you mean ${name}?`;
}
