import type { CheckResult } from "@protector/contract";
import { timeText } from "../../domain/time-text.ts";
import type { UnplannedInput } from "./unplanned-failover.ts";

/** A test failover of which the recovery point is used for real, and nothing else. */
export interface PromotedTest {
  readonly id: string;
  /** ms since the UNIX epoch. */
  readonly endedAt: number;
  /** s until its last server was up. */
  readonly downtimeSeconds: number | null;
  /** s until a server was up, by member: those that came up. */
  readonly upAfter: ReadonlyMap<string, number | null>;
  readonly stands: boolean;
}

/** What the test has shown, what it has not, and what becomes of it. */
export function tellPromoted(input: UnplannedInput): readonly CheckResult[] {
  const { promoted, point, group, members, target } = input;
  if (!promoted || !point) return [];
  const found: CheckResult[] = [];
  const tell = (check: string, subject: string, reason: string) =>
    found.push({ check, result: "warning", subject, reason, remedy: null });
  const { id, downtimeSeconds, upAfter, stands } = promoted;
  const times = members.flatMap((member) => {
    const seconds = upAfter.get(member.id);
    return seconds === undefined || seconds === null ? [] : [`${member.name} ${seconds} s`];
  });
  const up = downtimeSeconds === null ? "" : `: servers up after ${downtimeSeconds} s (${times.join(", ")})`;
  tell(
    "failover.proven",
    group.name,
    `Recovery point ${point.suffix} was proven by test ${id} at ${timeText(promoted.endedAt)}${up}.`,
  );
  for (const member of members) {
    if (upAfter.has(member.id)) continue;
    tell(
      "failover.not_proven",
      member.name,
      `It did not come up in test ${id}, or was not in the group then: nothing shows that it comes up.`,
    );
  }
  const newer = target.newestUsablePoint;
  if (newer && newer.createdAt > point.createdAt) {
    const text = `${newer.suffix}, cut at ${timeText(newer.createdAt)}, is complete too and loses less, but is not what the test has proven. From that one: protector failover ${group.name} --unplanned`;
    tell("failover.newer_point", group.name, text);
  }
  if (stands)
    tell(
      "failover.test_ends",
      group.name,
      `Test ${id} still stands. Nothing of it is used; it is cleaned up by itself when the failover has ended.`,
    );
  return found;
}
