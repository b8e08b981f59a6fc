import { ProtectorError } from "@protector/contract";

/** A member as far as the start order goes. */
export interface OrderedMember {
  readonly id: string;
  readonly name: string;
  readonly tier: number;
  readonly dependsOn: readonly string[];
}

/**
 * Refuses an order that cannot be carried out.
 * @throws ProtectorError `member.order_dangling` for a dependency that is no member; `member.order_cycle` for members
 * that wait for each other, tiers counted: a member cannot wait for one of a later tier.
 */
export function requireStartOrder(members: readonly OrderedMember[]): void {
  const byId = new Map(members.map((member) => [member.id, member]));
  for (const member of members) {
    for (const id of member.dependsOn) requireDependency(member, id, byId.get(id));
  }
  const settled = new Set<string>();
  for (const member of members) walk(member, { byId, settled, path: [] });
}

function requireDependency(member: OrderedMember, id: string, dependency: OrderedMember | undefined): void {
  if (!dependency) {
    throw new ProtectorError(
      "member.order_dangling",
      `Member "${member.name}" depends on ${id}, which is not a member of the group.`,
    );
  }
  if (dependency.tier > member.tier) {
    throw new ProtectorError(
      "member.order_cycle",
      `Member "${member.name}" of tier ${member.tier} depends on "${dependency.name}" of tier ${dependency.tier}, which starts later.`,
    );
  }
}

interface Walk {
  readonly byId: ReadonlyMap<string, OrderedMember>;
  readonly settled: Set<string>;
  readonly path: readonly OrderedMember[];
}

function walk(member: OrderedMember, { byId, settled, path }: Walk): void {
  if (settled.has(member.id)) return;
  const from = path.findIndex(({ id }) => id === member.id);
  if (from >= 0) {
    const names = [...path.slice(from), member].map(({ name }) => `"${name}"`).join(" -> ");
    throw new ProtectorError("member.order_cycle", `The start order has a cycle: ${names}.`);
  }
  for (const id of member.dependsOn) {
    const dependency = byId.get(id);
    if (dependency) walk(dependency, { byId, settled, path: [...path, member] });
  }
  settled.add(member.id);
}
