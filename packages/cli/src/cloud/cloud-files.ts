import { parse } from "yaml";
import { UsageError } from "../exit-codes.ts";
import type { CliHost } from "../host.ts";
import { type CloudEntry, type RawEntry, readEntry } from "./cloud-entry.ts";

/** Every entry of `clouds.yaml`, with `secure.yaml` laid over it. */
export interface CloudFiles {
  readonly entries: readonly CloudEntry[];
  /** File that was read; undefined when there is none. */
  readonly path: string | undefined;
  readonly searched: readonly string[];
  /** False when the file says `cache: {auth: false}`. */
  readonly isAuthCached: boolean;
}

type Reader = Pick<CliHost, "env" | "readFile">;

/**
 * Reads the first `clouds.yaml` and the first `secure.yaml` of the usual places.
 * Source: https://docs.openstack.org/openstacksdk/latest/user/config/configuration.html
 * @throws UsageError for a file that is no YAML.
 */
export function readCloudFiles(host: Reader): CloudFiles {
  const clouds = places(host, "clouds", host.env.OS_CLIENT_CONFIG_FILE);
  const found = first(host, clouds);
  const secure = first(host, places(host, "secure", host.env.OS_CLIENT_SECURE_FILE));
  const raw = merge(found?.clouds ?? {}, secure?.clouds ?? {});
  const entries = Object.entries(raw).map(([name, entry]) => readEntry(name, (entry ?? {}) as RawEntry));
  return { entries, path: found?.path, searched: clouds, isAuthCached: found?.isAuthCached ?? true };
}

/**
 * The entry of a name.
 * @throws UsageError that names the entries there are, or the places that were searched.
 */
export function requireEntry(files: CloudFiles, name: string): CloudEntry {
  const entry = files.entries.find((one) => one.name === name);
  if (entry) return entry;
  if (files.path === undefined)
    throw new UsageError(`No clouds.yaml for cloud "${name}". Searched: ${files.searched.join(", ")}`);
  const names = files.entries.map((one) => one.name).join(", ") || "none";
  throw new UsageError(`No cloud "${name}" in ${files.path}. Clouds there: ${names}`);
}

function places(host: Reader, file: "clouds" | "secure", named: string | undefined): readonly string[] {
  const { HOME, XDG_CONFIG_HOME } = host.env;
  const config = XDG_CONFIG_HOME || (HOME ? `${HOME}/.config` : undefined);
  const directories = [".", ...(config ? [`${config}/openstack`] : []), "/etc/openstack"];
  const usual = directories.flatMap((directory) => [`${directory}/${file}.yaml`, `${directory}/${file}.yml`]);
  return named ? [named, ...usual] : usual;
}

function first(host: Reader, paths: readonly string[]) {
  for (const path of paths) {
    const text = host.readFile(path);
    if (text !== undefined) return { path, ...contentOf(path, text) };
  }
  return undefined;
}

function contentOf(path: string, text: string): { readonly clouds: RawEntry; readonly isAuthCached: boolean } {
  let content: unknown;
  try {
    content = parse(text);
  } catch (cause) {
    throw new UsageError(`${path} is not valid YAML: ${(cause as Error).message}`, { cause });
  }
  const { clouds, cache } = (isMap(content) ? content : {}) as { clouds?: unknown; cache?: unknown };
  return { clouds: isMap(clouds) ? clouds : {}, isAuthCached: !isMap(cache) || cache.auth !== false };
}

function isMap(value: unknown): value is RawEntry {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function merge(below: RawEntry, above: RawEntry): RawEntry {
  const merged: Record<string, unknown> = { ...below };
  for (const [key, value] of Object.entries(above)) {
    const under = merged[key];
    merged[key] = isMap(under) && isMap(value) ? merge(under, value) : value;
  }
  return merged;
}
