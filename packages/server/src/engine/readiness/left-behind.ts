import { type Finding, warning } from "./finding.ts";

/** A group at home that has servers at its other site still: they have to go before the next failover. */
export function leftBehind(
  groupName: string,
  { siteName, names }: { readonly siteName: string; readonly names: readonly string[] },
): readonly Finding[] {
  if (names.length === 0) return [];
  const servers = names.length === 1 ? "A server of it" : `${names.length} servers of it`;
  const reason = `${servers} left at ${siteName} by a recovery that was taken back: ${names.slice(0, 5).join(", ")}${names.length > 5 ? ", …" : ""}. The next failover there stops and deletes them first, which takes its time.`;
  const remedy = `Protect it again; what is left there goes then, data that is nowhere else is kept: protector reprotect ${groupName}`;
  return [warning({ check: "group.left_behind", subject: groupName, reason, remedy })];
}
