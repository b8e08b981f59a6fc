import type { Config } from "./config.ts";
import type { Option } from "./option.ts";
import { BACKEND_OPTIONS, OPTIONS } from "./options.ts";

/** All settings as `section.option = value` lines for the log; secrets are masked. */
export function shownOptions(config: Config): readonly string[] {
  const sections = Object.entries(OPTIONS).flatMap(([section, options]) =>
    show(section, options, config[section as keyof typeof OPTIONS]),
  );
  return [...sections, ...config.backends.flatMap((backend) => show(backend.name, BACKEND_OPTIONS, backend))];
}

function show(
  section: string,
  options: Readonly<Record<string, Option>>,
  values: Readonly<Record<string, unknown>>,
): readonly string[] {
  return Object.entries(options).map(([name, option]) => {
    const value = values[name];
    const text = option.secret && value !== undefined ? "****" : (JSON.stringify(value) ?? "unset");
    return `${section}.${name} = ${text}`;
  });
}
