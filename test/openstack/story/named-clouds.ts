import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** Two entries of any clouds.yaml, administrators, in place of a pair of clouds made here. */
export const NAMED_CLOUDS = "PROTECTOR_TEST_CLOUDS";

/** The two names, or undefined when clouds are to be made here. @throws Error when there are not two. */
export function namedClouds(): readonly string[] | undefined {
  const text = process.env[NAMED_CLOUDS];
  if (!text) return undefined;
  const names = text.split(",").map((name) => name.trim());
  if (names.length !== 2) throw new Error(`${NAMED_CLOUDS}=${text}: two names, separated by a comma`);
  return names;
}

/** The first clouds.yaml of the usual places. @throws Error when there is none. */
export function cloudsFilePath(): string {
  const places = [
    process.env.OS_CLIENT_CONFIG_FILE,
    "clouds.yaml",
    join(homedir(), ".config/openstack/clouds.yaml"),
    "/etc/openstack/clouds.yaml",
  ];
  const found = places.find((place) => place !== undefined && existsSync(place));
  if (found === undefined) throw new Error(`There is no clouds.yaml: ${places.filter(Boolean).join(", ")}`);
  return found;
}
