import { readFileSync } from "node:fs";
import { join } from "node:path";
import { SYNC_BACKEND, withSyncBackend } from "../clouds/configuration/cinder.ts";
import { SITES } from "../clouds/site.ts";
import type { Machine } from "../machines/machine.ts";
import { waitFor } from "../machines/wait.ts";
import type { Person } from "./person.ts";

const CONFIG = "/etc/cinder/cinder.conf";
/** Cinder's volume services start with a look at both arrays. ms */
const LIMIT_MS = 300_000;

/**
 * Gives the first site's Cinder a backend that replicates synchronously and a volume type for it; nothing happens when it
 * has been done.
 * @returns the type's name.
 */
export async function addSyncBackend(machine: Machine, admin: Person): Promise<string> {
  const text = readFileSync(join(machine.root, CONFIG), "utf8");
  const wanted = withSyncBackend(text, SITES["site-a"]);
  if (wanted !== text) machine.writeFile(CONFIG, wanted, { mode: 0o640, group: "cinder" });
  await machine.systemctl("restart", "cinder-volume");
  await waitFor(
    async () => {
      const [services = []] = await admin.openstackJson<readonly { Host: string; State: string }[]>([
        ...["volume", "service", "list", "--service", "cinder-volume"],
      ]);
      return services.some((each) => each.Host.endsWith(`@${SYNC_BACKEND}`) && each.State === "up") ? true : undefined;
    },
    {
      what: `Cinder's backend ${SYNC_BACKEND} did not come up`,
      timeoutMs: LIMIT_MS,
      explain: () => machine.journal("cinder-volume"),
    },
  );
  const [types = []] = await admin.openstackJson<readonly { Name: string }[]>(["volume", "type", "list"]);
  if (types.some(({ Name }) => Name === SYNC_BACKEND)) return SYNC_BACKEND;
  const replication = ["replication_enabled=<is> True", "replication_type=<in> sync"];
  await admin.openstack([
    ...["volume", "type", "create", "--public", SYNC_BACKEND],
    ...["--property", `volume_backend_name=${SYNC_BACKEND}`],
    ...replication.flatMap((each) => ["--property", each]),
  ]);
  return SYNC_BACKEND;
}
