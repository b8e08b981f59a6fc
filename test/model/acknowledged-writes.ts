import { type Content, type Guest, type Write, writesOf } from "@protector/simulator";
import { readTime } from "../../packages/server/src/db/codecs.ts";
import type { WorkingSites } from "../two-sites/working-sites.ts";
import type { SiteName } from "./events.ts";
import { groupPair } from "./group-pair.ts";

/** ms between two writes of a server to all its disks. */
const WRITE_MS = 20_000;
/** How coarse the times of an array's snapshots are. ms */
const CUT_SLACK_MS = 1000;

/** What the servers of a history have written, and been told to be on their disks. */
export class AcknowledgedWrites {
  readonly #here: WorkingSites;
  readonly #writes = new Map<Guest, Write[]>();
  readonly #end = new AbortController();

  constructor(here: WorkingSites) {
    this.#here = here;
  }

  /** Has every server that runs write to its disks, from now on. Copies of tests do not. */
  start(): void {
    const { clock } = this.#here;
    const work = async () => {
      for (;;) {
        await clock.sleep(WRITE_MS, this.#end.signal);
        this.#writeAll();
      }
    };
    work().catch(() => {});
  }

  stop(): void {
    this.#end.abort();
  }

  /**
   * Writes that a completed recovery had promised and that its servers did not find when they booted, and writes that a
   * server which runs no longer finds on its disks.
   */
  async lost(): Promise<readonly string[]> {
    const promises = await promisesOf(this.#here);
    const broken = promises.flatMap((promise) => this.#missingAt(promise));
    return [...broken, ...this.#missingNow()];
  }

  #writeAll(): void {
    for (const { guests } of this.#here.sites.world.clouds)
      for (const guest of guests.all()) {
        if (!guest.isRunning || guest.server.name.endsWith("-test")) continue;
        const written = guest.write("work");
        this.#writes.set(guest, [...(this.#writes.get(guest) ?? []), ...written]);
      }
  }

  #missingAt({ label, from, to, server, serverId, startedAt, cutAt }: Promised): readonly string[] {
    const { world } = this.#here.sites;
    const boot = world
      .cloud(to)
      .guests.find(serverId)
      ?.bootRecords.find(({ at }) => at >= startedAt);
    if (!boot) return [];
    const limit = cutAt === undefined ? boot.at : cutAt - CUT_SLACK_MS;
    const last = world
      .cloud(from)
      .guests.all()
      .filter((guest) => guest.server.name === server)
      .flatMap((guest) => guest.bootRecords.map((record) => ({ guest, record })))
      .filter(({ record }) => record.at <= limit)
      .sort((one, other) => one.record.at - other.record.at)
      .at(-1);
    if (!last) return [];
    const wanted = [...found(last.record.disks), ...this.#since(last.guest, last.record.at, limit)];
    return told(label, wanted, found(boot.disks));
  }

  #missingNow(): readonly string[] {
    return this.#here.sites.world.clouds.flatMap(({ name, guests }) =>
      guests.all().flatMap((guest) => {
        const boot = guest.bootRecords.at(-1);
        if (!boot || !guest.isRunning || guest.server.name.endsWith("-test")) return [];
        const now = guest.server.disks.flatMap(({ device }) => guest.writes(device).map(keyOf));
        const wanted = [...found(boot.disks), ...this.#since(guest, boot.at, Number.POSITIVE_INFINITY)];
        return told(`${guest.server.name} at ${name} now`, wanted, new Set(now));
      }),
    );
  }

  #since(guest: Guest, from: number, until: number): readonly string[] {
    return (this.#writes.get(guest) ?? []).filter(({ at }) => at > from && at <= until).map(keyOf);
  }
}

/** A server that a recovery brought up, and until when it was to hold what had been written. */
interface Promised {
  readonly label: string;
  readonly from: SiteName;
  readonly to: SiteName;
  readonly server: string;
  readonly serverId: string;
  /** ms since the UNIX epoch. */
  readonly startedAt: number;
  /** When its recovery point was cut; undefined = everything was promised. ms since the UNIX epoch. */
  readonly cutAt: number | undefined;
}

/** Between the two sites that the group has now. */
async function promisesOf(here: WorkingSites): Promise<readonly Promised[]> {
  const { sites } = here;
  const { primary, peer } = await groupPair(here);
  const all = await Promise.all(
    [primary, peer].map(async ({ connection: { db }, id, name }) => {
      const operations = await db
        .selectFrom("dr_operations")
        .selectAll()
        .where("site_id", "=", id)
        .where("is_dry_run", "=", 0)
        .where("type", "in", ["failover", "failback"])
        .where("status", "in", ["completed", "completed_with_errors"])
        .execute();
      return operations.flatMap((operation): readonly Promised[] => {
        const startedAt = readTime(operation.started_at ?? operation.created_at);
        const cutAt = cutOf(sites, name, { suffix: operation.recovery_point, before: startedAt });
        // Of a point that the array has eradicated meanwhile nobody can say when it was cut.
        if (operation.mode === "unplanned" && cutAt === undefined) return [];
        return readMembers(operation.members).map((member) => ({
          label: `${operation.mode ?? ""} ${operation.type} of ${member.name} to ${name}`,
          from: name === primary.name ? peer.name : primary.name,
          to: name,
          server: member.name,
          serverId: member.server_id ?? "",
          startedAt,
          cutAt: operation.mode === "unplanned" ? cutAt : undefined,
        }));
      });
    }),
  );
  return all.flat();
}

/** When the newest point of that name was cut that a site's array had then; names come again with a group made anew. */
function cutOf(
  { world }: WorkingSites["sites"],
  at: SiteName,
  { suffix, before }: { readonly suffix: string | null; readonly before: number },
): number | undefined {
  const { model } = world.array(at.replace("site", "array"));
  const cuts = [...model.state.points.all()]
    .filter((point) => point.incoming !== undefined && point.suffix === suffix && point.cutAt < before)
    .map(({ cutAt }) => cutAt);
  return cuts.length === 0 ? undefined : Math.max(...cuts);
}

function readMembers(text: string): readonly { readonly name: string; readonly server_id: string | null }[] {
  return JSON.parse(text);
}

function found(disks: readonly { readonly content: Content }[]): ReadonlySet<string> {
  return new Set(disks.flatMap(({ content }) => writesOf(content).map(keyOf)));
}

function keyOf({ writer, sequence, at }: Write): string {
  return `${new Date(at).toISOString()} write ${sequence} of ${writer}`;
}

function told(label: string, wanted: readonly string[], there: ReadonlySet<string>): readonly string[] {
  const missing = wanted.filter((key) => !there.has(key));
  return missing.length === 0 ? [] : [`${label}: ${missing.length} of ${wanted.length} lost, first ${missing[0]}`];
}
