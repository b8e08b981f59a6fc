import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Pair } from "../clouds/pair.ts";
import { SITES, type Site } from "../clouds/site.ts";
import { METRICS_PORT } from "./calls.ts";

const CONFIG = "/etc/protector/protector.conf";
const AUTHORITY = "/etc/protector/arrays.pem";

/** What an operator adds to the page's file: the site's own array, whose certificate nobody known has signed, and metrics. */
function additions({ name, array }: Site): string {
  return `
[storage]
ssl_ca_file = ${AUTHORITY}
enabled_backends = ${array.name}

[${array.name}]
fa_url = https://${array.name}
fa_api_token = ${array.apiToken}
cinder_host = ${name}@pure#pure
ssl_ca_file = ${AUTHORITY}

[engine]
metrics_bind = 0.0.0.0:${METRICS_PORT}
`;
}

/** Adds the authority of the arrays and the metrics to both sites' configuration; nothing happens when it has been done. */
export async function prepareSites(pair: Pair): Promise<void> {
  for (const site of Object.values(SITES)) {
    const machine = pair.sites[site.name];
    const file = join(machine.root, CONFIG);
    if (!existsSync(file)) throw new Error(`Protector is not installed on ${site.name}: run the chapter page first`);
    const config = readFileSync(file, "utf8");
    if (existsSync(join(machine.root, AUTHORITY)) && config.includes(additions(site))) continue;
    const owner = { mode: 0o600, user: "protector", group: "protector" };
    machine.copyIn(pair.arrays.certificateFile, AUTHORITY, owner);
    machine.writeFile(CONFIG, `${config}${additions(site)}`, owner);
    await machine.systemctl("restart", "protector-engine");
  }
}
