import type { ArrayVolume, VolumeConnection } from "../storage-array.ts";
import { type ApiVersion, DEFAULT_PROTECTION, isAtLeast } from "./api-version.ts";
import { isRefusal, refuse, unless } from "./array-error.ts";
import { itemsOf, listAll, listWhere, requirePlain } from "./listing.ts";
import type { ConnectionRow, VolumeRow } from "./rows.ts";
import type { ArraySession } from "./session.ts";
import { encodeQuery } from "./url.ts";

const LISTING = { path: "volumes", sort: "name", field: "name" } as const;
/** Names of this prefix are Protector's own. */
const OWN_PREFIX = "protector-";

/** What a new volume is made of. */
export type VolumeOrigin =
  | { readonly kind: "blank"; readonly bytes: number }
  | { readonly kind: "copy"; readonly source: string; readonly bytes: number };

/** Volumes of one array, and their connections to hosts. */
export class Volumes {
  readonly #session: ArraySession;

  constructor(session: ArraySession) {
    this.#session = session;
  }

  async find(name: string): Promise<ArrayVolume | undefined> {
    return (await this.findAll([name]))[0];
  }

  async findAll(names: readonly string[]): Promise<readonly ArrayVolume[]> {
    const rows = await listWhere<VolumeRow>(this.#session, { ...LISTING, query: { destroyed: false } }, names);
    return rows.map(volumeOf);
  }

  /** Live volumes whose names begin so. */
  async findByPrefix(prefix: string): Promise<readonly ArrayVolume[]> {
    requirePlain("GET /volumes", prefix);
    const query = { destroyed: false, filter: `name='${prefix}*'` };
    return (await listAll<VolumeRow>(this.#session, { ...LISTING, query })).map(volumeOf);
  }

  /**
   * Makes a volume unless a live one of that name is there. A destroyed one of our own that still holds the name is renamed
   * out of the way: it may have been written to, so it is no substitute for a fresh copy.
   */
  async ensure(name: string, origin: VolumeOrigin): Promise<ArrayVolume> {
    const standing = await this.find(name);
    if (standing) return adopt(standing, origin);
    try {
      return await this.#create(name, origin);
    } catch (error) {
      if (!isRefusal(error, "exists", "destroyed")) throw error;
      const made = await this.find(name);
      if (made) return adopt(made, origin);
      // "Has been destroyed" may also speak of the source: then no destroyed volume holds the name.
      if (!(await this.freeName(name))) throw error;
      return this.#create(name, origin);
    }
  }

  async #create(name: string, origin: VolumeOrigin): Promise<ArrayVolume> {
    const answer = await this.#session.call({
      method: "POST",
      path: "volumes",
      query: (version) => encodeQuery({ names: [name], ...declineDefaults(version) }),
      body: origin.kind === "blank" ? { provisioned: origin.bytes } : { source: { name: origin.source } },
    });
    const row = itemsOf<VolumeRow>(answer)[0];
    const volume = row ? volumeOf(row) : await this.find(name);
    if (!volume) throw refuse("POST /volumes", `volume ${name} is not there after it was made`, "retryable");
    return volume;
  }

  /**
   * Renames a destroyed volume of our own that holds a name that is needed.
   * @returns false when no destroyed volume holds it. @throws OutsideError `final` when the volume is not ours.
   */
  async freeName(name: string): Promise<boolean> {
    const rows = await listWhere<VolumeRow>(this.#session, { ...LISTING, query: { destroyed: true } }, [name]);
    const holder = rows[0];
    if (!holder) return false;
    if (!name.toLowerCase().startsWith(OWN_PREFIX)) {
      throw refuse("POST /volumes", `the name ${name} is held by a destroyed volume that is not Protector's`);
    }
    const unique = this.#session.random.uuid().replaceAll("-", "").slice(0, 8);
    await this.#patch({ names: [holder.name] }, { name: `${name.slice(0, 49)}-old-${unique}` });
    return true;
  }

  async rename(from: string, to: string): Promise<void> {
    requirePlain("PATCH /volumes", from);
    requirePlain("PATCH /volumes", to);
    try {
      await this.#patch({ names: [from] }, { name: to });
    } catch (error) {
      if (!isRefusal(error, "missing", "destroyed", "exists")) throw error;
      const [before, after] = await Promise.all([this.find(from), this.find(to)]);
      if (before || !after) throw error;
    }
  }

  /** Renames, and says whether the array took it; another's volume in the way or a missing one is no error. */
  async tryRename(from: string, to: string): Promise<boolean> {
    const done = await unless(this.#patch({ names: [from] }, { name: to }), "missing", "destroyed", "exists");
    return done !== undefined;
  }

  /** Destroys the live volume of that name; with an id only if it is that one. */
  async destroy(name: string, id?: string): Promise<void> {
    const volume = await this.find(name);
    if (!volume || (id !== undefined && volume.id !== id)) return;
    if (volume.connectionCount > 0) throw refuse("PATCH /volumes", `volume ${name} is connected to a host`);
    await unless(this.#patch({ ids: [volume.id] }, { destroyed: true }), "missing", "destroyed");
  }

  async recover(name: string): Promise<void> {
    await this.#patch({ names: [name] }, { destroyed: false });
  }

  async overwrite(name: string, source: string): Promise<void> {
    requirePlain("POST /volumes", source);
    const volume = await this.find(name);
    if (!volume) throw refuse("POST /volumes", `volume ${name} does not exist`);
    if (volume.connectionCount > 0) throw refuse("POST /volumes", `volume ${name} is connected to a host`);
    await this.#session.call({
      method: "POST",
      path: "volumes",
      query: () => encodeQuery({ names: [name], overwrite: true }),
      body: { source: { name: source } },
      isOnce: true,
    });
  }

  async snapshot(volume: string, suffix: string): Promise<void> {
    const name = `${volume}.${suffix}`;
    if (await this.#hasSnapshot(name)) return;
    const made = this.#session.call({
      method: "POST",
      path: "volume-snapshots",
      query: () => encodeQuery({ source_names: [volume] }),
      body: { suffix },
    });
    try {
      await made;
    } catch (error) {
      if (!isRefusal(error, "exists", "destroyed")) throw error;
      if (await this.#hasSnapshot(name)) return;
      throw error;
    }
  }

  async destroySnapshot(volume: string, suffix: string): Promise<void> {
    const name = `${volume}.${suffix}`;
    if (!(await this.#hasSnapshot(name))) return;
    const query = encodeQuery({ names: [name] });
    const call = this.#session.call({
      method: "PATCH",
      path: "volume-snapshots",
      query: () => query,
      body: { destroyed: true },
    });
    await unless(call, "missing", "destroyed");
  }

  async #hasSnapshot(name: string): Promise<boolean> {
    const listing = { path: "volume-snapshots", sort: "name", field: "name", query: { destroyed: false } };
    return (await listWhere(this.#session, listing, [name])).length > 0;
  }

  async connections(volumes: readonly string[]): Promise<readonly VolumeConnection[]> {
    const listing = { path: "connections", sort: "volume.name", field: "volume.name", query: {} };
    const rows = await listWhere<ConnectionRow>(this.#session, listing, volumes);
    return rows.flatMap((row) => (row.host.name === null ? [] : [{ volume: row.volume.name, host: row.host.name }]));
  }

  async disconnect(connection: VolumeConnection): Promise<void> {
    const query = encodeQuery({ host_names: [connection.host], volume_names: [connection.volume] });
    const call = this.#session.call({ method: "DELETE", path: "connections", query: () => query });
    await unless(call, "missing", "destroyed");
  }

  async #patch(target: { readonly names?: string[]; readonly ids?: string[] }, body: object): Promise<true> {
    await this.#session.call({ method: "PATCH", path: "volumes", query: () => encodeQuery(target), body });
    return true;
  }
}

/** Older arrays do not know the parameter: there a new volume cannot decline. */
function declineDefaults(version: ApiVersion): { with_default_protection?: boolean } {
  return isAtLeast(version, DEFAULT_PROTECTION) ? { with_default_protection: false } : {};
}

/** @throws OutsideError `final` when the volume that stands has another size than ours would: it is somebody else's. */
function adopt(volume: ArrayVolume, origin: VolumeOrigin): ArrayVolume {
  if (volume.bytes === origin.bytes) return volume;
  throw refuse("POST /volumes", `the name ${volume.name} is taken by a volume of ${volume.bytes} bytes`);
}

function volumeOf(row: VolumeRow): ArrayVolume {
  return {
    id: row.id,
    name: row.name,
    bytes: row.provisioned,
    serial: row.serial,
    createdAt: row.created,
    connectionCount: row.connection_count,
  };
}
