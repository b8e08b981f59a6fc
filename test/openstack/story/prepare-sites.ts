import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Pair } from "../clouds/pair.ts";
import { METRICS_PORT } from "./calls.ts";

const CONFIG = "/etc/protector/protector.conf";
const AUTHORITY = "/etc/protector/arrays.pem";

/** What an operator adds to the page's file when nobody known has signed the arrays' certificates and he wants metrics. */
const ADDITIONS = `
[storage]
ssl_ca_file = ${AUTHORITY}

[engine]
metrics_bind = 0.0.0.0:${METRICS_PORT}
`;

/** Adds the authority of the arrays and the metrics to both sites' configuration; nothing happens when it has been done. */
export async function prepareSites(pair: Pair): Promise<void> {
  for (const machine of Object.values(pair.sites)) {
    const config = readFileSync(join(machine.root, CONFIG), "utf8");
    if (existsSync(join(machine.root, AUTHORITY)) && config.includes(ADDITIONS)) continue;
    const owner = { mode: 0o600, user: "protector", group: "protector" };
    machine.copyIn(pair.arrays.certificateFile, AUTHORITY, owner);
    machine.writeFile(CONFIG, `${config}${ADDITIONS}`, owner);
    await machine.systemctl("restart", "protector-engine");
  }
}
