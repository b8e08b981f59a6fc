import type { ConfigProblem } from "./config-problem.ts";
import type { IniEntry } from "./ini.ts";
import { InterpolationLoop, interpolate } from "./interpolate.ts";
import type { Option, OptionTable } from "./option.ts";
import { readOptionValue } from "./option-value.ts";

/** What files and environment say, and the options that give it a meaning. */
export class Settings {
  readonly problems: ConfigProblem[] = [];
  readonly #entries: readonly IniEntry[];
  readonly #env: Readonly<Record<string, string | undefined>>;
  readonly #options: OptionTable;

  /** @param entries later ones win. */
  constructor(entries: readonly IniEntry[], env: Readonly<Record<string, string | undefined>>, options: OptionTable) {
    this.#entries = entries;
    this.#env = env;
    this.#options = options;
  }

  /** Values of a whole section. */
  section(section: string, options: Readonly<Record<string, Option>>): Readonly<Record<string, unknown>> {
    const values = Object.entries(options).map(([name, option]) => [name, this.value(section, name, option)]);
    return Object.freeze(Object.fromEntries(values));
  }

  /** The value of one option; undefined, with a problem noted, when it cannot be read. */
  value(section: string, name: string, option: Option): unknown {
    const stated = this.#stated(section, name);
    const texts = stated.length > 0 ? stated : option.default === undefined ? [] : [{ text: option.default }];
    if (option.type === "multi") {
      return Object.freeze(texts.map((given) => this.#read({ section, name, option, ...given })));
    }
    const given = texts.at(-1);
    return given && this.#read({ section, name, option, ...given });
  }

  #read(given: Given): unknown {
    const { section, name, option, text, entry } = given;
    let resolved: string;
    try {
      resolved = interpolate(text, section, (otherSection, other) => this.#text(otherSection, other), [
        `${section}.${name}`,
      ]);
    } catch (error) {
      if (!(error instanceof InterpolationLoop)) throw error;
      this.#note(given, `refers to itself: ${error.message}`);
      return undefined;
    }
    // An empty text is how people switch an optional setting off.
    if (resolved === "" && option.default === undefined && option.type !== "list") return undefined;
    const read = readOptionValue(resolved, option);
    if ("value" in read) return deepFreeze(read.value);
    const shown = option.secret ? "the value" : `"${resolved}"`;
    this.#note({ ...given, ...(entry ? { entry } : {}) }, `${shown} is not accepted: ${read.accepted} is`);
    return undefined;
  }

  #note(given: Given, text: string): void {
    const { section, name, entry } = given;
    const source = entry?.file ?? envName(section, name);
    this.problems.push({ source, line: entry?.line, section, option: name, text });
  }

  /** The environment stands above all files. */
  #stated(section: string, name: string): readonly { readonly text: string; readonly entry?: IniEntry }[] {
    const fromEnv = this.#env[envName(section, name)];
    if (fromEnv !== undefined) return [{ text: fromEnv }];
    return this.#entries
      .filter((entry) => entry.section === section && entry.name === name)
      .map((entry) => ({ text: entry.value, entry }));
  }

  #text(section: string, name: string): string | undefined {
    return this.#stated(section, name).at(-1)?.text ?? this.#options[section]?.[name]?.default;
  }
}

interface Given {
  readonly section: string;
  readonly name: string;
  readonly option: Option;
  readonly text: string;
  readonly entry?: IniEntry;
}

/** `OS_<GROUP>__<OPTION>`, as oslo.config reads it. */
export function envName(section: string, name: string): string {
  return `OS_${section}__${name}`.toUpperCase().replaceAll("-", "_");
}

function deepFreeze(value: unknown): unknown {
  return typeof value === "object" && value !== null ? Object.freeze(value) : value;
}
