import type { Config } from "./config.ts";
import type { Option } from "./option.ts";
import { OPTIONS } from "./options.ts";

/** An option that says something else after the file was read again. */
export interface ChangedOption {
  readonly section: string;
  readonly option: string;
  /** Whether the running process takes it over; the others wait for a restart. */
  readonly isMutable: boolean;
}

/** What differs between the configuration in force and one that was read again. */
export function changedOptions(before: Config, after: Config): readonly ChangedOption[] {
  return Object.entries(OPTIONS).flatMap(([section, options]) => {
    const key = section as keyof typeof OPTIONS;
    const old: Readonly<Record<string, unknown>> = before[key];
    const now: Readonly<Record<string, unknown>> = after[key];
    return Object.entries(options as Readonly<Record<string, Option>>)
      .filter(([name]) => JSON.stringify(old[name]) !== JSON.stringify(now[name]))
      .map(([option, { mutable }]) => ({ section, option, isMutable: mutable === true }));
  });
}
