import type { Option } from "./option.ts";
import { BACKEND_OPTIONS, OPTIONS } from "./options.ts";

const WIDTH = 79;

/** A `protector.conf` with every option, commented out, with its help, type and default. */
export function renderSample(): string {
  const sections = Object.entries(OPTIONS).map(([name, options]) => renderSection(name, options));
  const backend = [
    "# One section for each name in [storage] enabled_backends, for example:",
    "#[array-a]",
    ...renderOptions(BACKEND_OPTIONS),
  ].join("\n");
  return `${[...sections, backend].join("\n\n")}\n`;
}

function renderSection(name: string, options: Readonly<Record<string, Option>>): string {
  return [`[${name}]`, ...renderOptions(options)].join("\n");
}

function renderOptions(options: Readonly<Record<string, Option>>): readonly string[] {
  return Object.entries(options).flatMap(([name, option]) => ["", ...renderOption(name, option)]);
}

function renderOption(name: string, option: Option): readonly string[] {
  const lines = wrap(`${option.help} (${typeText(option)})`);
  if (option.choices) lines.push(`# Possible values: ${option.choices.join(", ")}`);
  if (option.mutable) lines.push("# Note: this option can be changed without restarting.");
  if (option.default === undefined) lines.push(`#${name} = ${option.example ?? "<none>"}`);
  else lines.push(`#${name} = ${option.default}`.trimEnd());
  return lines;
}

function typeText(option: Option): string {
  const bounds = [
    option.min === undefined ? "" : `at least ${option.min}`,
    option.max === undefined ? "" : `at most ${option.max}`,
  ].filter(Boolean);
  return [option.type, ...bounds].join(", ");
}

function wrap(text: string): string[] {
  const lines = ["#"];
  for (const word of text.split(" ")) {
    const line = lines.at(-1) ?? "";
    if (line.length + 1 + word.length <= WIDTH || line === "#") lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(`# ${word}`);
  }
  return lines;
}
