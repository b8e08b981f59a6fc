import { type MappingKind, type RealMappingKind, realKind } from "@protector/contract";
import type { SiteHandle } from "../cloud/site-handle.ts";
import { UsageError } from "../exit-codes.ts";

interface Named {
  readonly id: string;
  readonly name: string;
}

type ListedKind = Exclude<RealMappingKind, "key_pair">;

/** Finds what people call things at one site; each kind is listed once. */
export class ResourceNames {
  readonly #site: SiteHandle;
  readonly #lists = new Map<ListedKind, Promise<readonly Named[]>>();

  constructor(site: SiteHandle) {
    this.#site = site;
  }

  /**
   * What a mapping holds for a name or id: the id, or the name of those that go by name.
   * @throws UsageError that lists what there is; `OutsideError` of the cloud.
   */
  async idOf(kind: MappingKind, ref: string): Promise<string> {
    // Key pairs belong to users, who are not always the one who maps them.
    const real = realKind(kind);
    if (real === "key_pair") return ref;
    const known = await this.#known(real);
    const byId = known.find((one) => one.id === ref);
    if (byId) return byId.id;
    const [found, second] = known.filter((one) => one.name === ref);
    const words = kind.replaceAll("_", " ");
    const at = this.#site.client.name;
    if (found && second) throw new UsageError(`Several of kind ${words} at ${at} are named "${ref}"; use the id.`);
    if (found) return found.id;
    const names = known.map((one) => one.name || one.id).join(", ") || "none";
    throw new UsageError(`No ${words} "${ref}" at ${at}. There: ${names}`);
  }

  /** What people call a mapped resource; undefined when this login does not see it, or the cloud gives no answer. */
  async nameOf(kind: MappingKind, id: string): Promise<string | undefined> {
    const real = realKind(kind);
    if (real === "key_pair") return id;
    try {
      return (await this.#known(real)).find((one) => one.id === id)?.name;
    } catch {
      return undefined;
    }
  }

  /** What an export calls a resource: its name, or the id where that is not one thing's alone. */
  async labelOf(kind: MappingKind, id: string): Promise<string> {
    const real = realKind(kind);
    if (real === "key_pair") return id;
    const known = await this.#known(real).catch((): readonly Named[] => []);
    const name = known.find((one) => one.id === id)?.name;
    return name && known.filter((one) => one.name === name).length === 1 ? name : id;
  }

  #known(kind: ListedKind): Promise<readonly Named[]> {
    const listed = this.#lists.get(kind) ?? this.#list(kind);
    this.#lists.set(kind, listed);
    return listed;
  }

  async #list(kind: ListedKind): Promise<readonly Named[]> {
    const { cloud } = this.#site;
    const { projectId } = (await cloud.token()).content;
    const ofProject = projectId === undefined ? {} : { projectId };
    switch (kind) {
      case "network":
      case "reachable_network":
        return cloud.network.listNetworks({});
      case "subnet":
        return cloud.network.listSubnets({});
      case "security_group":
        return cloud.network.listSecurityGroups(ofProject);
      case "floating_ip_pool":
        return cloud.network.listNetworks({ isExternal: true });
      case "flavor":
        return cloud.compute.listFlavors();
      case "image":
        return (await cloud.image.listImages({})).map(({ id, name }) => ({ id, name: name ?? "" }));
      case "server_group":
        return cloud.compute.listServerGroups();
      case "volume_type":
        return (await cloud.volume.listTypes()).map(({ name }) => ({ id: name, name }));
      case "availability_zone":
        return (await cloud.compute.listAvailabilityZones()).map((name) => ({ id: name, name }));
    }
  }
}
