import type { WorkingSites } from "../two-sites/working-sites.ts";
import { cloudAs } from "../world/people.ts";

/** For so long Nova resizes. ms */
const RESIZE_MS = 60_000;

/** What its owner does to a server where it runs; nothing, where it runs nowhere or its cloud refuses. */
export async function changeServer(here: WorkingSites, name: string, how: "grows" | "is_resized"): Promise<void> {
  const { sites, clock } = here;
  for (const site of here.all) {
    const cloud = sites.world.cloud(site.name);
    const server = [...cloud.compute.servers.values()].find((each) => each.name === name);
    if (!server || !cloud.guests.find(server.id)?.isRunning) continue;
    const owner = cloudAs(sites, site.name, "tenant");
    const { small, medium } = site.tenant.basics.flavors;
    const change = async () => {
      if (how === "grows") {
        for (const { volumeId } of server.disks) {
          const size = cloud.volumes.volumes.get(volumeId)?.sizeGiB ?? 0;
          await owner.volume.extendVolume(volumeId, size + 1);
        }
        return;
      }
      await owner.compute.resizeServer(server.id, server.flavor.id === small.id ? medium.id : small.id);
      await clock.sleep(RESIZE_MS);
      await owner.compute.confirmResize(server.id);
    };
    await clock.run(change().catch(() => undefined));
    return;
  }
}
