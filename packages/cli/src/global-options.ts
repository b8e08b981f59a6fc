import { type Command, InvalidArgumentError, Option } from "commander";
import { AUTH_KEYS } from "./cloud/cloud-entry.ts";
import { FORMATS, type Format } from "./output/printer.ts";

/** Options that every command takes, before or after its name. */
export interface GlobalOptions {
  readonly osCloud?: string;
  readonly secondaryCloud?: string;
  readonly format: Format;
  /** For the format `exchange`: whether the plugin shows people a table. */
  readonly isExchangeForPeople: boolean;
  readonly column: readonly string[];
  /** Undefined = on a terminal. */
  readonly wait?: boolean;
  /** s; undefined = without limit. */
  readonly timeout?: number;
  readonly debug: boolean;
  readonly yes: boolean;
  /** `OS_*` variables that were given as options. */
  readonly variables: Readonly<Record<string, string>>;
}

/** Variables beside those of `auth` that can be given as an option. */
const OTHER_VARIABLES = ["auth_type", "region_name", "interface", "cacert"] as const;

export function addGlobalOptions(program: Command): void {
  program
    .option("--os-cloud <name>", "cloud of clouds.yaml that is worked on (OS_CLOUD)")
    .option("--secondary-cloud <name>", "cloud of the peer site (OS_SECONDARY_CLOUD); default: found by its Keystone")
    .addOption(new Option("-f, --format <format>", "output format").choices(FORMATS).default("table"))
    .option("-c, --column <name>", "column or field to show; may be repeated", collect, [])
    .option("--wait", "wait until the operation has ended (default on a terminal)")
    .option("--no-wait", "return as soon as the operation has been accepted")
    .option("--timeout <seconds>", "longest time to wait", positive)
    .option("--yes", "confirm without being asked", false)
    .option("--debug", "show every call, secrets masked", false);
  for (const key of [...AUTH_KEYS, ...OTHER_VARIABLES])
    program.addOption(new Option(`--os-${key.replaceAll("_", "-")} <value>`).hideHelp());
  program.addOption(new Option("--insecure").hideHelp());
  program.addOption(new Option("--exchange <reader>").choices(["people", "programs"]).hideHelp());
}

export function readGlobalOptions(program: Command): GlobalOptions {
  const given = program.opts();
  const isWaitGiven = program.getOptionValueSource("wait") === "cli";
  const { osCloud, secondaryCloud, format, column, timeout, debug, yes } = given;
  return {
    format: given.exchange === undefined ? format : "exchange",
    isExchangeForPeople: given.exchange === "people",
    column,
    debug,
    yes,
    ...(osCloud === undefined ? {} : { osCloud }),
    ...(secondaryCloud === undefined ? {} : { secondaryCloud }),
    ...(isWaitGiven ? { wait: given.wait as boolean } : {}),
    ...(timeout === undefined ? {} : { timeout }),
    variables: variablesOf(given),
  };
}

function variablesOf(given: Readonly<Record<string, unknown>>): Record<string, string> {
  const variables: Record<string, string> = given.insecure ? { OS_INSECURE: "true" } : {};
  for (const key of [...AUTH_KEYS, ...OTHER_VARIABLES]) {
    const option = `os_${key}`.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
    const value = given[option];
    if (typeof value === "string") variables[`OS_${key.toUpperCase()}`] = value;
  }
  return variables;
}

/** Every value of an option that may be repeated. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** A number of at least one. */
export function positive(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError("a whole number from 1 is needed");
  return value;
}

/** A whole number from zero. */
export function natural(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isInteger(value) || value < 0)
    throw new InvalidArgumentError("a whole number from 0 is needed");
  return value;
}

const SECONDS = { m: 60, h: 3600, d: 86_400 } as const;

/** Reads s of `90m`, `4h`, `2d`, between two limits in s. */
export function durationBetween({ least, most }: { readonly least: number; readonly most: number }) {
  return (text: string): number => {
    const [, count = "", unit = ""] = /^(\d+)([mhd])$/.exec(text) ?? [];
    const seconds = Number(count) * (SECONDS[unit as keyof typeof SECONDS] ?? Number.NaN);
    if (seconds >= least && seconds <= most) return seconds;
    const limits = `${Math.round(least / 60)}m to ${Math.round(most / 86_400)}d`;
    throw new InvalidArgumentError(`A duration from ${limits} is needed: 90m, 4h, 2d.`);
  };
}
