import { parse } from "yaml";
import { UsageError } from "../exit-codes.ts";
import type { CliHost } from "../host.ts";
import { type CloudEntry, readEntries } from "./cloud-entry.ts";
import { isMap, merge, type RawMap } from "./merge.ts";

/** Every entry of `clouds.yaml`, with `secure.yaml` laid over it. */
export interface CloudFiles {
  /** A cloud of several regions has one for each, all of its name; the one that is meant without a region is first. */
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
  const vendors = first(host, places(host, "clouds-public", host.env.OS_CLIENT_VENDOR_FILE))?.vendors ?? {};
  const entries = Object.entries(raw).flatMap(([name, entry]) =>
    readEntries(name, withProfile(isMap(entry) ? entry : {}, vendors)),
  );
  return { entries, path: found?.path, searched: clouds, isAuthCached: found?.isAuthCached ?? true };
}

/** A cloud stands on the profile that it names. */
function withProfile(entry: RawMap, vendors: RawMap): RawMap {
  const vendor = typeof entry.profile === "string" ? vendors[entry.profile] : undefined;
  if (!isMap(vendor)) return entry;
  const { profile: _found, ...own } = entry;
  return merge(vendor, own);
}

/** The entry of a name, in its first region. @throws UsageError as {@link requireRegions}. */
export function requireEntry(files: CloudFiles, name: string): CloudEntry {
  return requireRegions(files, name)[0];
}

/**
 * The entries of a name, by region.
 * @throws UsageError that names the entries there are, or the places that were searched.
 */
export function requireRegions(files: CloudFiles, name: string): readonly [CloudEntry, ...CloudEntry[]] {
  const [entry, ...others] = files.entries.filter((one) => one.name === name);
  if (entry) return [entry, ...others];
  if (files.path === undefined)
    throw new UsageError(`No clouds.yaml for cloud "${name}". Searched: ${files.searched.join(", ")}`);
  const names = cloudNames(files).join(", ") || "none";
  throw new UsageError(`No cloud "${name}" in ${files.path}. Clouds there: ${names}`);
}

/** Names of all clouds, in their order. */
export function cloudNames({ entries }: CloudFiles): readonly string[] {
  return [...new Set(entries.map(({ name }) => name))];
}

type FileName = "clouds" | "secure" | "clouds-public";

function places(host: Reader, file: FileName, named: string | undefined): readonly string[] {
  const { HOME, XDG_CONFIG_HOME, XDG_CONFIG_DIRS } = host.env;
  const configs = [XDG_CONFIG_HOME, HOME && `${HOME}/.config`, XDG_CONFIG_DIRS?.split(":")[0] || "/etc/xdg", "/etc"];
  const directories = [".", ...configs.filter(Boolean).map((config) => `${config}/openstack`)];
  const names = ["yaml", "yml", "json"].map((suffix) => `${file}.${suffix}`);
  const usual = [...new Set(directories)].flatMap((directory) => names.map((name) => `${directory}/${name}`));
  return named ? [named, ...usual] : usual;
}

function first(host: Reader, paths: readonly string[]) {
  for (const path of paths) {
    const text = host.readFile(path);
    if (text !== undefined) return { path, ...contentOf(path, text) };
  }
  return undefined;
}

interface Content {
  readonly clouds: RawMap;
  /** `public-clouds`: profiles that clouds may stand on. */
  readonly vendors: RawMap;
  readonly isAuthCached: boolean;
}

function contentOf(path: string, text: string): Content {
  let content: unknown;
  try {
    content = parse(text);
  } catch (cause) {
    throw new UsageError(`${path} is not valid YAML: ${(cause as Error).message}`, { cause });
  }
  const { clouds, cache, "public-clouds": vendors } = isMap(content) ? content : {};
  return {
    clouds: isMap(clouds) ? clouds : {},
    vendors: isMap(vendors) ? vendors : {},
    isAuthCached: !isMap(cache) || cache.auth !== false,
  };
}
