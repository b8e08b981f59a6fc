import { type HttpTransport, HttpTransportError } from "@protector/ports";
import { flashArrayDriver, type StorageArray } from "@protector/storage";
import type { EnginePorts } from "../../packages/server/src/engine/engine-ports.ts";
import { enginePorts } from "../world/site-engine.ts";
import type { TestSite } from "../world/test-site.ts";
import type { TwoSites } from "../world/two-sites.ts";

/** Ports of a site's engine, with the Protectors of both sites answering as far as `isUp` says. */
export function watchPorts(sites: TwoSites, site: TestSite, isUp: (name: string) => boolean = () => true): EnginePorts {
  const ports = enginePorts(sites.world, site, sites.events, {});
  const transport: HttpTransport = async (request) => {
    const asked = [sites.a, sites.b].find(({ name }) => request.url === `http://${hostOf(sites, name)}:8788/`);
    if (!asked) return ports.transport(request);
    if (!isUp(asked.name)) throw new HttpTransportError("unreachable", `GET ${request.url}: connection refused`);
    return { status: 200, headers: {}, body: JSON.stringify({ versions: [], site: { id: asked.id } }) };
  };
  return { ...ports, transport };
}

function hostOf({ world }: TwoSites, name: string): string {
  return world.cloud(name).options.host;
}

/** The array of a site, as another engine reaches it. */
export function arrayAt(sites: TwoSites, name: "array-a" | "array-b"): StorageArray {
  const { world, clock, random } = sites;
  const url = name === "array-a" ? "https://127.0.0.21" : "https://127.0.0.22";
  const driver = flashArrayDriver({ transport: world.transport, clock, random });
  return driver.connect({ url, apiToken: `token-${name}`, tls: {} });
}

/** A group's row at a site. */
export function groupRow(site: TestSite, id: string) {
  return site.connection.db.selectFrom("protection_groups").selectAll().where("id", "=", id).executeTakeFirstOrThrow();
}

/** Every duty of a site, oldest first. */
export function dutiesOf(site: TestSite) {
  return site.connection.db.selectFrom("duties").selectAll().orderBy("created_at").execute();
}

/** The markers of a group on both arrays. */
export async function primaryMarkers(sites: TwoSites, groupId: string) {
  const [a, b] = await sites.clock.run(
    Promise.all([arrayAt(sites, "array-a").readMarker(groupId), arrayAt(sites, "array-b").readMarker(groupId)]),
  );
  return { a, b, isLevel: a?.epoch === b?.epoch && a?.holder === undefined && b?.holder === undefined };
}
