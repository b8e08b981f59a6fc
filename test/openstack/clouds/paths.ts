import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Holds images and the state of pairs; it survives a reboot of the host. */
export const BASE_FOLDER = "/var/tmp/protector-openstack";

/** The repository. */
export const REPOSITORY = fileURLToPath(new URL("../../..", import.meta.url));

/** Python modules that OpenStack loads. */
export const SHIMS = fileURLToPath(new URL("../shims", import.meta.url));

const DEFAULT_NAME = "default";

/** Name of the pair that commands and tests are about: `PROTECTOR_OPENSTACK_PAIR` or the default pair. */
export function pairName(): string {
  const name = process.env.PROTECTOR_OPENSTACK_PAIR || DEFAULT_NAME;
  if (!/^[a-z0-9][a-z0-9-]{0,19}$/.test(name)) {
    throw new Error(`PROTECTOR_OPENSTACK_PAIR is ${name}: lower-case letters, digits and hyphens, 20 at most`);
  }
  return name;
}

/** Folder with the state of a pair. */
export function pairFolder(name: string): string {
  return join(BASE_FOLDER, "pairs", name);
}

/** Network namespace of a pair. */
export function pairNamespace(name: string): string {
  return name === DEFAULT_NAME ? "protector-openstack" : `protector-openstack-${name}`;
}
