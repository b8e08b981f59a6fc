import { podOf } from "../names.ts";
import type { PointQuestion, PointSource, PointVolume, RecoveryPoint } from "../storage-array.ts";
import { isRefusal, refuse, unless } from "./array-error.ts";
import { itemsOf, listAll, listBeginning, listWhere, requirePlain } from "./listing.ts";
import type { PointRow, SnapshotRow, TransferRow } from "./rows.ts";
import type { ArraySession } from "./session.ts";
import { encodeQuery } from "./url.ts";

const PATH = "protection-group-snapshots";
const TRANSFERS = `${PATH}/transfer`;
const SUFFIX = /^(?=.*[A-Za-z])[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;

/** Snapshots of whole groups, on the array that made them and on the target they arrive at. */
export class Points {
  readonly #session: ArraySession;

  constructor(session: ArraySession) {
    this.#session = session;
  }

  /** Cuts the group and starts to send it, unless a point of that suffix is there. */
  async replicateNow(group: string, suffix: string): Promise<RecoveryPoint> {
    const source = { group, array: undefined };
    requireSuffix(suffix);
    const standing = await this.find(source, suffix);
    if (standing) return standing;
    try {
      const answer = await this.#session.call({
        method: "POST",
        path: PATH,
        query: () => encodeQuery({ source_names: [group], ...(podOf(group) === undefined && { replicate_now: true }) }),
        body: { suffix },
      });
      const row = itemsOf<PointRow>(answer)[0];
      if (row) return localPoint(group, row);
    } catch (error) {
      if (!isRefusal(error, "exists", "destroyed")) throw error;
      const made = await this.find(source, suffix);
      if (made) return made;
      throw error;
    }
    const made = await this.find(source, suffix);
    if (made) return made;
    throw refuse(`POST /${PATH}`, `snapshot ${group}.${suffix} is not there after it was made`, "retryable");
  }

  /** Newest data first; by the time of the cut, never by the times of the transfer. */
  async list(source: PointSource): Promise<readonly RecoveryPoint[]> {
    const group = groupOn(source);
    requirePlain(`GET /${PATH}`, group);
    const listing = { path: PATH, query: { source_names: [group], destroyed: false }, sort: "name" };
    const rows = (await unless(listAll<PointRow>(this.#session, listing), "missing", "destroyed")) ?? [];
    const transfers = source.array === undefined ? undefined : await this.#transfers(group);
    return newestFirst(rows.map((row) => pointOf(source, row, transfers)));
  }

  /** The points of many groups, by the group's name as given: a question for as many of them as one URL holds. */
  async listMany(sources: readonly PointSource[]): Promise<ReadonlyMap<string, readonly RecoveryPoint[]>> {
    const listing = { path: PATH, query: { destroyed: false }, sort: "name", field: "name" };
    const arrived = sources.filter(({ array }) => array !== undefined);
    const [rows, transferRows] = await Promise.all([
      listBeginning<PointRow>(this.#session, listing, sources.map(pointPrefix)),
      listBeginning<TransferRow>(this.#session, { ...listing, path: TRANSFERS }, arrived.map(pointPrefix)),
    ]);
    const transfers = byName(transferRows);
    const ofGroup = Map.groupBy(rows, ({ name, suffix }) => name.slice(0, -suffix.length).toLowerCase());
    return new Map(
      sources.map((source) => {
        const known = source.array === undefined ? undefined : transfers;
        const points = ofGroup.get(pointPrefix(source).toLowerCase()) ?? [];
        return [source.group, newestFirst(points.map((row) => pointOf(source, row, known)))];
      }),
    );
  }

  async find(source: PointSource, suffix: string): Promise<RecoveryPoint | undefined> {
    const name = pointName({ source, suffix });
    const listing = { path: PATH, query: { destroyed: false }, sort: "name", field: "name" };
    const row = (await listWhere<PointRow>(this.#session, listing, [name]))[0];
    if (!row) return undefined;
    return pointOf(source, row, source.array === undefined ? undefined : await this.#transfers(name));
  }

  /** The same for many: a question for as many of them as one URL holds. */
  async findMany(asked: readonly PointQuestion[]): Promise<readonly (RecoveryPoint | undefined)[]> {
    const listing = { path: PATH, query: { destroyed: false }, sort: "name", field: "name" };
    const sent = asked.filter(({ source }) => source.array !== undefined);
    const [rows, transferRows] = await Promise.all([
      listWhere<PointRow>(this.#session, listing, asked.map(pointName)),
      listWhere<TransferRow>(this.#session, { ...listing, path: TRANSFERS }, sent.map(pointName)),
    ]);
    const found = new Map(rows.map((row) => [row.name.toLowerCase(), row]));
    const transfers = byName(transferRows);
    return asked.map((question) => {
      const row = found.get(pointName(question).toLowerCase());
      return row && pointOf(question.source, row, question.source.array === undefined ? undefined : transfers);
    });
  }

  async volumes(source: PointSource, suffix: string): Promise<readonly PointVolume[]> {
    const prefix = `${groupOn(source)}.${suffix}.`;
    requirePlain("GET /volume-snapshots", prefix);
    const query = { destroyed: false, filter: `name='${prefix}*'` };
    const rows = await listAll<SnapshotRow>(this.#session, { path: "volume-snapshots", query, sort: "name" });
    const pod = podOf(source.group);
    return rows.map((row) => ({
      sourceVolume: inPod(pod, row.name.slice(prefix.length)),
      snapshot: row.name,
      bytes: row.provisioned,
    }));
  }

  /**
   * The snapshot of one volume in a point; undefined when point or volume is not there.
   * @throws OutsideError `waiting` while the point's data is still on its way.
   */
  async findVolume(source: PointSource, suffix: string, sourceVolume: string): Promise<PointVolume | undefined> {
    const pod = podOf(source.group);
    const within = pod !== undefined && podOf(sourceVolume) === pod ? sourceVolume.slice(pod.length + 2) : sourceVolume;
    const names = [...new Set([within, sourceVolume])].map((volume) => `${groupOn(source)}.${suffix}.${volume}`);
    const listing = { path: "volume-snapshots", sort: "name", field: "name", query: { destroyed: false } };
    const [point, rows] = await Promise.all([
      this.find(source, suffix),
      listWhere<SnapshotRow>(this.#session, listing, names),
    ]);
    const row = rows[0];
    if (!point || !row) return undefined;
    if (!point.isUsable) throw refuse("POST /volumes", `point ${suffix} of ${source.group} is not complete`, "waiting");
    return { sourceVolume, snapshot: row.name, bytes: row.provisioned };
  }

  async destroy(source: PointSource, suffix: string): Promise<void> {
    if (!(await this.find(source, suffix))) return;
    const query = encodeQuery({ names: [`${groupOn(source)}.${suffix}`] });
    const call = this.#session.call({ method: "PATCH", path: PATH, query: () => query, body: { destroyed: true } });
    await unless(call, "missing", "destroyed");
  }

  /** Rows by lower-case snapshot name. @param name a group, or one snapshot. */
  async #transfers(name: string): Promise<ReadonlyMap<string, TransferRow>> {
    const listing = { path: TRANSFERS, query: { names: [name], destroyed: false }, sort: "name" };
    const rows = (await unless(listAll<TransferRow>(this.#session, listing), "missing", "destroyed")) ?? [];
    return byName(rows);
  }
}

function byName(rows: readonly TransferRow[]): ReadonlyMap<string, TransferRow> {
  return new Map(rows.map((row) => [row.name.toLowerCase(), row]));
}

function newestFirst(points: RecoveryPoint[]): readonly RecoveryPoint[] {
  return points.sort((a, b) => b.createdAt - a.createdAt || (a.suffix < b.suffix ? 1 : -1));
}

/** How the names of a group's points begin on the asked array. */
function pointPrefix(source: PointSource): string {
  return `${groupOn(source)}.`;
}

/** Name of a point on the asked array. */
function pointName({ source, suffix }: PointQuestion): string {
  return `${groupOn(source)}.${suffix}`;
}

/** Name of a volume with its pod, which arrays leave out where the snapshot's group says it. */
function inPod(pod: string | undefined, volume: string): string {
  return pod === undefined || podOf(volume) !== undefined ? volume : `${pod}::${volume}`;
}

/** Name of a group on the asked array: `<source array>:<group>` when it was replicated in. */
function groupOn(source: PointSource): string {
  return source.array === undefined ? source.group : `${source.array}:${source.group}`;
}

/** @param transfers undefined for points made on the asked array. */
function pointOf(
  source: PointSource,
  row: PointRow,
  transfers: ReadonlyMap<string, TransferRow> | undefined,
): RecoveryPoint {
  if (!transfers) return localPoint(source.group, row);
  const transfer = transfers.get(row.name.toLowerCase());
  const progress = transfer?.progress ?? 0;
  const completed = transfer?.completed ?? undefined;
  return {
    group: source.group,
    suffix: row.suffix,
    createdAt: row.created,
    completedAt: completed,
    progress,
    // A snapshot shows on the target before its data is there: only a finished transfer proves it usable.
    isUsable: completed !== undefined && progress >= 1 && !row.destroyed && transfer?.destroyed === false,
    bytesSent: transfer?.data_transferred ?? 0,
  };
}

function localPoint(group: string, row: PointRow): RecoveryPoint {
  return {
    group,
    suffix: row.suffix,
    createdAt: row.created,
    completedAt: row.created,
    progress: 1,
    isUsable: !row.destroyed,
    bytesSent: 0,
  };
}

/** @throws OutsideError `final` unless the array takes the suffix. */
export function requireSuffix(suffix: string): void {
  if (!SUFFIX.test(suffix)) throw refuse(`POST /${PATH}`, `'${suffix}' cannot be the suffix of a snapshot`);
}
