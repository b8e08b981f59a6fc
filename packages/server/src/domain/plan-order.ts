/** A scope whose tiers are order without need: nothing in it is held by what failed before. */
export const COURSE_SCOPE = "course";

/** A group's place in the order of a run over many groups. */
export interface OrderedGroup {
  /** Unique in the run. */
  readonly key: string;
  readonly name: string;
  /** Tier by scope: a plan is one scope; a whole site has one for each plan. Only tiers of one scope are compared. */
  readonly tiers: Readonly<Record<string, number>>;
  /** Keys of those that must have succeeded. */
  readonly dependsOn: readonly string[];
  /** Waited after what it waits for has ended. */
  readonly delaySeconds: number;
  /** Its failure holds every later tier of its scopes. */
  readonly isCritical: boolean;
}

export type GroupCourse = "pending" | "active" | "completed" | "failed" | "skipped";

/** A group in its run. */
export interface GroupInRun extends OrderedGroup {
  readonly course: GroupCourse;
  /** ms; null while it has not ended. */
  readonly endedAt: number | null;
}

/** What can be done with a pending group now. */
export type Turn =
  /** May begin at the moment given, ms; the past counts as now. */
  | { readonly kind: "ready"; readonly at: number }
  /** Will never begin: what it needs has failed. */
  | { readonly kind: "held"; readonly reason: string }
  | { readonly kind: "waits" };

/** Whose turn it is: for every pending group, by key, in the order given. */
export function turnsOf(groups: readonly GroupInRun[]): ReadonlyMap<string, Turn> {
  const byKey = new Map(groups.map((group) => [group.key, group]));
  const tiers = new TierBounds(groups);
  const turns = new Map<string, Turn>();
  for (const group of groups) {
    if (group.course !== "pending") continue;
    const needed = group.dependsOn.flatMap((key) => byKey.get(key) ?? []);
    const broken = needed.find(isBroken) ?? tiers.brokenBefore(group);
    if (broken) {
      turns.set(group.key, { kind: "held", reason: `it waits for "${broken.name}", which ${wordOf(broken)}` });
    } else if (needed.some(({ course }) => course !== "completed") || tiers.isOpenBefore(group)) {
      turns.set(group.key, { kind: "waits" });
    } else {
      const ended = Math.max(0, ...needed.map(({ endedAt }) => endedAt ?? 0), tiers.endedBefore(group));
      turns.set(group.key, { kind: "ready", at: ended + group.delaySeconds * 1000 });
    }
  }
  return turns;
}

function isBroken({ course }: GroupInRun): boolean {
  return course === "failed" || course === "skipped";
}

function isOpen({ course }: GroupInRun): boolean {
  return course === "pending" || course === "active";
}

function wordOf({ course }: GroupInRun): string {
  return course === "failed" ? "failed" : "was held";
}

/** What the groups of each scope came to by tier, so that no group has to look at every other one. */
class TierBounds {
  readonly #openFrom = new Map<string, number>();
  readonly #broken = new Map<string, { readonly tier: number; readonly group: GroupInRun }>();
  readonly #ends = new Map<string, { readonly tier: number; readonly endedAt: number }[]>();

  constructor(groups: readonly GroupInRun[]) {
    for (const group of groups)
      for (const [scope, tier] of Object.entries(group.tiers)) this.#count(group, scope, tier);
  }

  /** A critical group of a lower tier that has failed. */
  brokenBefore({ tiers }: GroupInRun): GroupInRun | undefined {
    for (const [scope, tier] of Object.entries(tiers)) {
      const broken = this.#broken.get(scope);
      if (broken && broken.tier < tier) return broken.group;
    }
    return undefined;
  }

  isOpenBefore({ tiers }: GroupInRun): boolean {
    return Object.entries(tiers).some(([scope, tier]) => (this.#openFrom.get(scope) ?? tier) < tier);
  }

  /** When the last group of a lower tier has ended, ms; 0 when there is none. */
  endedBefore({ tiers, delaySeconds }: GroupInRun): number {
    if (delaySeconds === 0) return 0;
    const ends = Object.entries(tiers).flatMap(([scope, tier]) =>
      (this.#ends.get(scope) ?? []).filter((end) => end.tier < tier),
    );
    return ends.reduce((latest, { endedAt }) => Math.max(latest, endedAt), 0);
  }

  #count(group: GroupInRun, scope: string, tier: number): void {
    if (isOpen(group)) {
      this.#openFrom.set(scope, Math.min(tier, this.#openFrom.get(scope) ?? tier));
      return;
    }
    const ends = this.#ends.get(scope) ?? [];
    this.#ends.set(scope, ends);
    ends.push({ tier, endedAt: group.endedAt ?? 0 });
    const known = this.#broken.get(scope);
    const isHolding = group.isCritical && isBroken(group) && scope !== COURSE_SCOPE;
    if (isHolding && (known === undefined || tier < known.tier)) this.#broken.set(scope, { tier, group });
  }
}

/**
 * Seconds that a run takes when at most `concurrency` groups are at work and each takes what `secondsOf` says.
 * @returns undefined when some group never gets its turn: the order contradicts itself.
 */
export function runSeconds(
  groups: readonly OrderedGroup[],
  concurrency: number,
  secondsOf: (key: string) => number,
): number | undefined {
  let now = 0;
  let run: readonly GroupInRun[] = groups.map((group) => ({ ...group, course: "pending", endedAt: null }));
  const ends = new Map<string, number>();
  for (;;) {
    const turns = turnsOf(run);
    const due = run.flatMap(({ key }) => {
      const turn = turns.get(key);
      return turn?.kind === "ready" && turn.at <= now ? [key] : [];
    });
    for (const key of due.slice(0, concurrency - ends.size)) ends.set(key, now + secondsOf(key) * 1000);
    if (ends.size === 0 && turns.size === 0) return now / 1000;
    const later = [...turns.values()].flatMap((turn) => (turn.kind === "ready" && turn.at > now ? [turn.at] : []));
    const next = Math.min(...ends.values(), ...later);
    if (!Number.isFinite(next)) return undefined;
    now = next;
    run = run.map((group) => {
      const end = ends.get(group.key);
      if (end === undefined) return group;
      if (end > now) return { ...group, course: "active" };
      ends.delete(group.key);
      return { ...group, course: "completed", endedAt: now };
    });
  }
}
