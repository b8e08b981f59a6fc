import { type ErrorCode, ProtectorError } from "@protector/contract";

/** A member of a group, or a group of a plan, as far as the start order goes. */
export interface OrderedMember {
  readonly id: string;
  readonly name: string;
  readonly tier: number;
  readonly dependsOn: readonly string[];
}

/** What is ordered, in words, and the errors of an order that cannot be. */
export interface OrderWords {
  /** `Member` */
  readonly noun: string;
  /** `a member of the group` */
  readonly place: string;
  readonly dangling: ErrorCode;
  readonly cycle: ErrorCode;
}

const OF_MEMBERS: OrderWords = {
  noun: "Member",
  place: "a member of the group",
  dangling: "member.order_dangling",
  cycle: "member.order_cycle",
};

/**
 * Refuses an order that cannot be carried out.
 * @throws ProtectorError of the words' codes, `member.order_…` unless given: for a dependency that is not there; for those
 * that wait for each other, tiers counted: nothing can wait for something of a later tier.
 */
export function requireStartOrder(members: readonly OrderedMember[], words: OrderWords = OF_MEMBERS): void {
  const byId = new Map(members.map((member) => [member.id, member]));
  for (const member of members) {
    for (const id of member.dependsOn) requireDependency(member, { id, dependency: byId.get(id), words });
  }
  const settled = new Set<string>();
  for (const member of members) walk(member, { byId, settled, words, path: [] });
}

function requireDependency(
  member: OrderedMember,
  {
    id,
    dependency,
    words,
  }: { readonly id: string; readonly dependency: OrderedMember | undefined; readonly words: OrderWords },
): void {
  if (!dependency) {
    throw new ProtectorError(
      words.dangling,
      `${words.noun} "${member.name}" depends on ${id}, which is not ${words.place}.`,
    );
  }
  if (dependency.tier > member.tier) {
    throw new ProtectorError(
      words.cycle,
      `${words.noun} "${member.name}" of tier ${member.tier} depends on "${dependency.name}" of tier ${dependency.tier}, which starts later.`,
    );
  }
}

interface Walk {
  readonly byId: ReadonlyMap<string, OrderedMember>;
  readonly settled: Set<string>;
  readonly words: OrderWords;
  readonly path: readonly OrderedMember[];
}

function walk(member: OrderedMember, { byId, settled, words, path }: Walk): void {
  if (settled.has(member.id)) return;
  const from = path.findIndex(({ id }) => id === member.id);
  if (from >= 0) {
    const names = [...path.slice(from), member].map(({ name }) => `"${name}"`).join(" -> ");
    throw new ProtectorError(words.cycle, `The start order has a cycle: ${names}.`);
  }
  for (const id of member.dependsOn) {
    const dependency = byId.get(id);
    if (dependency) walk(dependency, { byId, settled, words, path: [...path, member] });
  }
  settled.add(member.id);
}
