import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** What the command line says about configuration files. */
export interface ConfigFileChoice {
  /** `--config-file`, in order. */
  readonly files: readonly string[];
  /** `--config-dir`, in order. */
  readonly directories: readonly string[];
  readonly home: string | undefined;
}

/**
 * Files to read, in order, later ones winning: those named, else the first `protector.conf` of `~/.protector`, `~`,
 * `/etc/protector`, `/etc`; then `*.conf` of the directories named, else of the first `protector.conf.d` in the same places.
 */
export function findConfigFiles(choice: ConfigFileChoice): readonly string[] {
  const homes = choice.home === undefined ? [] : [join(choice.home, ".protector"), choice.home];
  const places = [...homes, "/etc/protector", "/etc"];
  const first = (name: string) => places.map((place) => join(place, name)).filter((path) => existsSync(path));
  const isNamed = choice.files.length + choice.directories.length > 0;
  const files = isNamed ? choice.files : first("protector.conf").slice(0, 1);
  const directories = isNamed ? choice.directories : first("protector.conf.d").slice(0, 1);
  return [...files, ...directories.flatMap(confFiles)];
}

function confFiles(directory: string): readonly string[] {
  return readdirSync(directory)
    .filter((name) => name.endsWith(".conf"))
    .sort()
    .map((name) => join(directory, name));
}
