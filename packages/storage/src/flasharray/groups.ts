import { podOf } from "../names.ts";
import type { ArrayGroup, ReplicationSettings } from "../storage-array.ts";
import { isRefusal, refuse, unless } from "./array-error.ts";
import { listAll, listWhere, requirePlain } from "./listing.ts";
import type { GroupRow, MemberRow, TargetRow } from "./rows.ts";
import type { ArraySession } from "./session.ts";
import { chunk, encodeQuery, type QueryValues } from "./url.ts";

const LISTING = { path: "protection-groups", sort: "name", field: "name" } as const;
const MEMBERS = "protection-groups/volumes";
const TARGETS = "protection-groups/targets";

/** Protection groups of one array: members, targets, schedule. */
export class Groups {
  readonly #session: ArraySession;

  constructor(session: ArraySession) {
    this.#session = session;
  }

  async find(name: string): Promise<ArrayGroup | undefined> {
    const row = await this.#row(name, false);
    if (!row) return undefined;
    const [members, targets] = await Promise.all([this.#members(name), this.#targets(name)]);
    return {
      name: row.name,
      members: members.filter((member) => !member.destroyed).map((member) => withoutArray(row.name, member.name)),
      targets: targets.map((target) => ({ array: target.member.name, isAllowed: target.allowed })),
      replication: replicationOf(row),
    };
  }

  /** Schedules of many groups, by the name as given. */
  async replicationOf(names: readonly string[]): Promise<ReadonlyMap<string, ArrayGroup["replication"]>> {
    const rows = await listWhere<GroupRow>(this.#session, { ...LISTING, query: { destroyed: false } }, names);
    const byName = new Map(rows.map((row) => [row.name.toLowerCase(), row]));
    return new Map(
      names.flatMap((name) => {
        const row = byName.get(name.toLowerCase());
        return row ? [[name, replicationOf(row)] as const] : [];
      }),
    );
  }

  /** Finds, recovers or creates the group. */
  async ensure(name: string): Promise<void> {
    if (await this.#row(name, false)) return;
    try {
      await this.#send("POST", "protection-groups", { names: [name] });
    } catch (error) {
      if (!isRefusal(error, "exists", "destroyed")) throw error;
      if (await this.#row(name, false)) return;
      if (!(await this.#row(name, true))) throw error;
      await this.#send("PATCH", "protection-groups", { names: [name] }, { destroyed: false });
    }
  }

  /** Makes the members exactly these; a destroyed volume that still counts as a member is left alone. */
  async setMembers(group: string, volumes: readonly string[]): Promise<void> {
    for (const volume of volumes) requirePlain(`POST /${MEMBERS}`, volume);
    const wanted = new Set(volumes.map((name) => name.toLowerCase()));
    for (let round = 1; ; round += 1) {
      const members = await this.#members(group);
      const present = new Set(members.map((member) => member.name.toLowerCase()));
      const missing = volumes.filter((name) => !present.has(name.toLowerCase()));
      const surplus = members.filter((member) => !member.destroyed && !wanted.has(member.name.toLowerCase()));
      if (missing.length === 0 && surplus.length === 0) return;
      if (round > 2) throw refuse(`POST /${MEMBERS}`, `members of ${group} are not what was asked for`, "retryable");
      for (const names of chunk(missing)) {
        const added = this.#send("POST", MEMBERS, { group_names: [group], member_names: names });
        await unless(added, "already_member");
      }
      for (const names of chunk(surplus.map((member) => member.name))) {
        await this.#send("DELETE", MEMBERS, { group_names: [group], member_names: names }).catch(ignoreGoneMember);
      }
    }
  }

  async ensureTarget(group: string, target: string): Promise<void> {
    const targets = await this.#targets(group);
    if (targets.some((row) => isSameName(row.member.name, target))) return;
    try {
      await this.#send("POST", TARGETS, { group_names: [group], member_names: [target] });
    } catch (error) {
      if (isRefusal(error, "already_target")) return;
      if (isRefusal(error, "missing")) {
        throw refuse(`POST /${TARGETS}`, error.failure.detail, "needs_operator");
      }
      throw error;
    }
  }

  async removeTarget(group: string, target: string): Promise<void> {
    const targets = await this.#targets(group);
    if (!targets.some((row) => isSameName(row.member.name, target))) return;
    await unless(this.#send("DELETE", TARGETS, { group_names: [group], member_names: [target] }), "missing");
  }

  /** On the target. @throws OutsideError `waiting` until the group shows here. */
  async allow(sourceArray: string, group: string): Promise<void> {
    const name = `${sourceArray}:${group}`;
    const call = `PATCH /${TARGETS}`;
    if (!(await this.#row(name, false))) throw refuse(call, `group ${name} has not appeared here`, "waiting");
    const targets = await this.#targets(name);
    if (targets.length > 0 && targets.every((target) => target.allowed)) return;
    const sent = this.#send("PATCH", TARGETS, { group_names: [name] }, { allowed: true });
    await unless(sent, "already_allowed");
    const after = await this.#targets(name);
    if (!after.some((target) => target.allowed)) throw refuse(call, `group ${name} is not allowed yet`, "waiting");
  }

  /** On the target. A group that is not here needs no disallowing. */
  async disallow(sourceArray: string, group: string): Promise<void> {
    const name = `${sourceArray}:${group}`;
    if (!(await this.#row(name, false))) return;
    await unless(this.#send("PATCH", TARGETS, { group_names: [name] }, { allowed: false }), "missing", "destroyed");
  }

  async setReplication(group: string, settings: ReplicationSettings): Promise<void> {
    const { allForSeconds, perDay, days } = settings.retention;
    const retention = { all_for_sec: allForSeconds, per_day: perDay, days };
    // Frequency is in milliseconds; other times of the same object are in seconds.
    const schedule = { enabled: settings.enabled, frequency: settings.intervalMs };
    const body =
      podOf(group) === undefined
        ? { replication_schedule: schedule, source_retention: retention, target_retention: retention }
        : { snapshot_schedule: schedule, source_retention: retention };
    await this.#send("PATCH", "protection-groups", { names: [group] }, body);
  }

  async destroy(name: string): Promise<void> {
    if (!(await this.#row(name, false))) return;
    const sent = this.#send("PATCH", "protection-groups", { names: [name] }, { destroyed: true });
    await unless(sent, "missing", "destroyed");
  }

  async #row(name: string, destroyed: boolean): Promise<GroupRow | undefined> {
    return (await listWhere<GroupRow>(this.#session, { ...LISTING, query: { destroyed } }, [name]))[0];
  }

  async #members(group: string): Promise<{ readonly name: string; readonly destroyed: boolean }[]> {
    const listing = { path: MEMBERS, query: { group_names: [group] }, sort: "member.name" };
    const rows = await listAll<MemberRow>(this.#session, listing);
    return rows.map(({ member }) => ({ name: member.name, destroyed: member.destroyed ?? false }));
  }

  #targets(group: string): Promise<TargetRow[]> {
    return listAll<TargetRow>(this.#session, { path: TARGETS, query: { group_names: [group] }, sort: "member.name" });
  }

  async #send(method: "POST" | "PATCH" | "DELETE", path: string, query: QueryValues, body?: object): Promise<true> {
    await this.#session.call({ method, path, query: () => encodeQuery(query), ...(body ? { body } : {}) });
    return true;
  }
}

/** What cuts the group's points: in a pod the schedule of snapshots, since a pod is replicated anyway. */
function replicationOf(row: GroupRow): ArrayGroup["replication"] {
  const schedule = podOf(row.name) === undefined ? row.replication_schedule : row.snapshot_schedule;
  return { enabled: schedule?.enabled ?? false, intervalMs: schedule?.frequency ?? 0 };
}

/** A replicated-in group lists its members as `<source array>:<volume>`. */
function withoutArray(group: string, member: string): string {
  const array = /^([^:]+):(?!:)/.exec(group)?.[1];
  return array !== undefined && member.startsWith(`${array}:`) ? member.slice(array.length + 1) : member;
}

function isSameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/** What left between listing and call is looked at again in the next round. */
function ignoreGoneMember(error: unknown): void {
  if (!isRefusal(error, "missing")) throw error;
}
