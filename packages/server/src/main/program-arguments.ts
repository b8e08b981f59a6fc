import { parseArgs } from "node:util";

/** What every program takes on its command line. */
export interface ProgramArguments {
  /** `--config-file`, in order. */
  readonly files: readonly string[];
  /** `--config-dir`, in order. */
  readonly directories: readonly string[];
}

/** What a service was started for. */
export type ProgramRequest =
  | { readonly kind: "help" }
  | { readonly kind: "version" }
  | ({ readonly kind: "run" } & ProgramArguments);

/** @throws Error of `node:util` for an option that is not known. */
export function readProgramArguments(args: readonly string[]): ProgramRequest {
  const { values } = parseArgs({
    args: [...args],
    options: {
      "config-file": { type: "string", multiple: true, default: [] },
      "config-dir": { type: "string", multiple: true, default: [] },
      help: { type: "boolean", short: "h", default: false },
      version: { type: "boolean", default: false },
    },
  });
  if (values.help) return { kind: "help" };
  if (values.version) return { kind: "version" };
  return { kind: "run", files: values["config-file"], directories: values["config-dir"] };
}

/** The text of `--help`. */
export function programHelp({ name, description }: { readonly name: string; readonly description: string }): string {
  return `Usage: ${name} [options]

${description}

Options:
  --config-file <path>  configuration file; may be repeated, later ones win
                        (default: protector.conf in ~/.protector, ~, /etc/protector or /etc)
  --config-dir <path>   directory of *.conf files; may be repeated
  --version             output the version number
  -h, --help            display help

Signals: TERM lets running work end, INT ends at once, HUP reads the configuration again.
`;
}
