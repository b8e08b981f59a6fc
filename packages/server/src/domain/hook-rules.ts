import { type Hook, ProtectorError } from "@protector/contract";

/** A member as far as hooks go. */
export interface HookedMember {
  readonly id: string;
  readonly tier: number;
}

/**
 * Refuses hooks that could never be called, or that go where none may.
 * @throws ProtectorError `hook.invalid`, `hook.dangling`, `hook.url_refused`.
 */
export function requireHooks(
  hooks: readonly Hook[],
  members: readonly HookedMember[],
  isUrlAllowed: (url: string) => boolean,
): void {
  for (const [index, hook] of hooks.entries()) {
    const name = `Hook ${index + 1} (${hook.when} ${hook.of})`;
    if (hook.tier !== null && hook.of !== "tier") {
      throw new ProtectorError("hook.invalid", `${name} names tier ${hook.tier}, and is not of a tier.`);
    }
    if (hook.member_id !== null && hook.of !== "member") {
      throw new ProtectorError("hook.invalid", `${name} names a member, and is not of a member.`);
    }
    if (hook.of === "cleanup" && !hook.in_tests) {
      throw new ProtectorError("hook.invalid", `${name} is of a test's clean-up, and in_tests is false.`);
    }
    if (hook.of === "cleanup" && hook.undo_url !== null) {
      throw new ProtectorError("hook.invalid", `${name} has an undo URL, and a clean-up is never taken back.`);
    }
    for (const url of [hook.url, hook.undo_url ?? []].flat()) {
      if (isUrlAllowed(url)) continue;
      throw new ProtectorError("hook.url_refused", `${name}: ${originOf(url)} is not in [hooks] networks.`);
    }
    requireSubject(name, hook, members);
  }
}

function requireSubject(name: string, { tier, member_id }: Hook, members: readonly HookedMember[]): void {
  if (tier !== null && !members.some((member) => member.tier === tier)) {
    throw new ProtectorError("hook.dangling", `${name}: no member is in tier ${tier}.`);
  }
  if (member_id !== null && !members.some(({ id }) => id === member_id)) {
    throw new ProtectorError("hook.dangling", `${name}: ${member_id} is not a member of the group.`);
  }
}

/** A hook's address without what may be confidential in it. */
export function originOf(url: string): string {
  return URL.parse(url)?.origin ?? "its URL";
}
