import Type, { type Static } from "typebox";
import { Nullable, OneOf, SeenGeneration, Strict, Uuid } from "./common.ts";

/** Where a web service outside is posted to. */
export const HookUrl = Type.String({ minLength: 10, maxLength: 1000, pattern: "^https://[!-~]+$" });

/** What a hook is before or after. */
export const HOOK_SUBJECTS = ["plan", "tier", "member", "cleanup"] as const;

/** A call that a recovery makes to somebody else's web service, signed with the key of the site that makes it. */
export const Hook = Strict({
  when: OneOf(["before", "after"] as const),
  of: OneOf(HOOK_SUBJECTS, { description: "Recovery, tier, member, or clean-up of a test" }),
  tier: Nullable(Type.Integer({ minimum: 0, maximum: 99, description: "With of = tier; null = every tier" })),
  member_id: Nullable(Uuid),
  url: HookUrl,
  /** Posted to when an operation that has called the hook is taken back. */
  undo_url: Nullable(HookUrl),
  timeout_seconds: Type.Integer({ minimum: 1, maximum: 300, description: "Of one try, s" }),
  retries: Type.Integer({ minimum: 0, maximum: 10, description: "Tries after the first one" }),
  on_failure: OneOf(["stop", "continue"] as const, { description: "What follows when the last try has failed" }),
  in_tests: Type.Boolean({ description: "Whether test failovers call it too" }),
});
export type Hook = Static<typeof Hook>;

const HookList = Type.Array(Hook, { maxItems: 50 });

/** The whole list, in the order in which hooks of the same moment are called. */
export const Hooks = Strict({ hooks: HookList });
export type Hooks = Static<typeof Hooks>;

/** A new list for a group: a PUT replaces it. */
export const ReplaceHooks = Strict({ hooks: HookList, generation: Type.Optional(SeenGeneration) });
export type ReplaceHooks = Static<typeof ReplaceHooks>;
