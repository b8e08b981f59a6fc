import type { CloudOptions } from "./openstack/cloud-options.ts";
import type { WorldArrayOptions, WorldOptions } from "./world.ts";

/** Configuration file of a world that runs as a process of its own (JSON). */
export interface StandaloneConfig {
  readonly arrays: readonly WorldArrayOptions[];
  readonly clouds: readonly CloudOptions[];
  readonly links?: NonNullable<WorldOptions["links"]>;
  readonly link?: NonNullable<WorldOptions["link"]>;
  /** PEM files for services whose origin is `https:`. */
  readonly certificate?: { readonly certFile: string; readonly keyFile: string };
  /**
   * Directory under which volumes and snapshots have their bytes, as sparse files `<array name>/<serial>.raw` that every
   * user may read and write; default none: volumes hold only the log of the simulated guests' writes. Without clouds of
   * its own, the process keeps what the arrays know beside them (`arrays.state`) and goes on there at its next start.
   */
  readonly dataDirectory?: string;
  /** `workload`: the three-tier workload runs on the first cloud, its surroundings exist on all; default. */
  readonly seed?: "none" | "basics" | "workload";
  /** ms between the workload's writes; default 1000, 0 = none. */
  readonly writeEveryMs?: number;
}

/** Two sites with an array each on the addresses of a small laboratory. */
export const DEFAULT_CONFIG: StandaloneConfig = {
  arrays: [
    { name: "array-a", origin: "http://127.0.0.21:8080", apiToken: "array-a-token" },
    { name: "array-b", origin: "http://127.0.0.22:8080", apiToken: "array-b-token" },
  ],
  clouds: [
    { name: "site-a", host: "127.0.0.11", backends: [{ array: "array-a" }] },
    { name: "site-b", host: "127.0.0.12", backends: [{ array: "array-b" }] },
  ],
};

/**
 * Reads a configuration file's text; what it leaves out comes from {@link DEFAULT_CONFIG}.
 * @throws Error when it is not a JSON object or a part has the wrong form.
 */
export function parseStandaloneConfig(text: string): StandaloneConfig {
  const value: unknown = JSON.parse(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Error("the configuration is not a JSON object");
  }
  const known = ["arrays", "clouds", "links", "link", "certificate", "dataDirectory", "seed", "writeEveryMs"];
  const unknown = Object.keys(value).find((key) => !known.includes(key));
  if (unknown !== undefined) throw new Error(`unknown option ${unknown}; known are ${known.join(", ")}`);
  const config: StandaloneConfig = { ...DEFAULT_CONFIG, ...value };
  requireFields("arrays", config.arrays, ["name", "origin", "apiToken"]);
  requireFields("clouds", config.clouds, ["name", "host", "backends"]);
  if (!["none", "basics", "workload", undefined].includes(config.seed)) {
    throw new Error("seed is one of none, basics, workload");
  }
  if (config.dataDirectory !== undefined && (typeof config.dataDirectory !== "string" || config.dataDirectory === "")) {
    throw new Error("dataDirectory is not a path");
  }
  return config;
}

function requireFields(list: string, items: unknown, fields: readonly string[]): void {
  if (!Array.isArray(items)) throw new Error(`${list} is not a list`);
  for (const [index, item] of items.entries()) {
    const missing = fields.find((field) => typeof item !== "object" || item === null || !(field in item));
    if (missing !== undefined) throw new Error(`${list}[${index}] has no ${missing}`);
  }
}
