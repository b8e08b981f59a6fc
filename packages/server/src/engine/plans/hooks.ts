import type { Hook } from "@protector/contract";
import type { OperationPlan, PlannedStep } from "../runner/plan.ts";
import { type CallHookInput, HOOK_PAUSE_MS, type HookFacts } from "../steps/hooks.ts";
import { step } from "./planned-step.ts";

/** What is known of hooks and of whom they are about. */
export interface HookScene {
  readonly hooks: readonly Hook[];
  readonly members: readonly HookedServer[];
  readonly facts: Pick<HookFacts, "operation" | "protection_group" | "project_id">;
}

/** A member that hooks may be of. */
export interface HookedServer {
  readonly id: string;
  readonly name: string;
  readonly tier: number;
  readonly isCritical: boolean;
}

/**
 * Puts the calls of hooks into a plan. Pure.
 *
 * | hook | called when | holds |
 * |---|---|---|
 * | before plan, clean-up | nothing has begun | everything |
 * | before tier | the tier before is up, and disks and ports of this one are there | starts of its servers |
 * | before member | its server could be started | its start |
 * | after member | its server is ready | what waits for it |
 * | after tier | all its servers are ready, or have failed | starts of the next tier |
 * | after plan, clean-up | everything else has ended | giving the group back |
 */
export function withHooks(plan: OperationPlan, scene: HookScene): OperationPlan {
  const weaver = new Weaver(plan.steps, scene);
  const called = [...scene.hooks.entries()].filter(([, hook]) => isCalled(hook, scene));
  for (const isNext of WEAVING) {
    for (const [index, hook] of called.filter(([, each]) => isNext(each))) weaver.add(index, hook);
  }
  return { ...plan, steps: weaver.steps };
}

/** In which order hooks are put in: each takes for its own what the ones before it have left. */
const WEAVING: readonly ((hook: Hook) => boolean)[] = [
  ({ of, when }) => of === "tier" && when === "after",
  ({ of, when }) => of === "tier" && when === "before",
  ({ of }) => of === "member",
  ({ of, when }) => isOfWhole(of) && when === "before",
  ({ of, when }) => isOfWhole(of) && when === "after",
];

function isOfWhole(of: Hook["of"]): boolean {
  return of === "plan" || of === "cleanup";
}

/** Operations that stop and start servers where the group is recovered. */
const RECOVERIES: ReadonlySet<string> = new Set(["failover", "failback"]);
/** Operations that send everything to the other site and leave the servers as they run. */
const RESENDING: ReadonlySet<string> = new Set(["reprotect", "move_home"]);

/** Recoveries call all but those of clean-ups, what only sends data those of the whole plan, tests what is meant for them. */
function isCalled(hook: Hook, { facts }: HookScene): boolean {
  const { type } = facts.operation;
  if ((type === "test_cleanup") !== (hook.of === "cleanup")) return false;
  if (RESENDING.has(type)) return hook.of === "plan";
  return hook.in_tests || RECOVERIES.has(type);
}

class Weaver {
  readonly #steps: Map<string, PlannedStep>;
  readonly #scene: HookScene;
  /** Hooks that come before everything, in their order. */
  readonly #beforeAll: string[] = [];

  constructor(steps: readonly PlannedStep[], scene: HookScene) {
    this.#steps = new Map(steps.map((each) => [each.key, each]));
    this.#scene = scene;
  }

  get steps(): readonly PlannedStep[] {
    return [...this.#steps.values()];
  }

  add(index: number, hook: Hook): void {
    switch (hook.of) {
      case "plan":
      case "cleanup":
        this.#ofWhole(index, hook);
        return;
      case "tier":
        for (const tier of tiersOf(this.#scene.members)) {
          if (hook.tier === null || hook.tier === tier) this.#ofTier(index, hook, tier);
        }
        return;
      case "member":
        for (const member of this.#scene.members) {
          if (hook.member_id === null || hook.member_id === member.id) this.#ofMember(index, hook, member);
        }
    }
  }

  #ofWhole(index: number, hook: Hook): void {
    const key = `hook.${index}`;
    if (hook.when === "before") {
      const before = this.#beforeAll.at(-1);
      // What begins by itself, or with the hooks before this one.
      const roots = this.steps.filter(
        ({ dependsOn, after }) => after.length === 0 && dependsOn.every((need) => this.#beforeAll.includes(need)),
      );
      this.#insert(key, hook, { phase: "check", dependsOn: before === undefined ? [] : [before] });
      this.#hold(
        roots.filter((each) => !this.#beforeAll.includes(each.key)),
        key,
      );
      this.#beforeAll.push(key);
      return;
    }
    const gives = this.steps.filter((each) => each.action.startsWith("marker.release"));
    const after = this.steps.filter((each) => !gives.includes(each)).map((each) => each.key);
    this.#insert(key, hook, { phase: "finish", after });
    this.#hold(gives, key);
  }

  #ofTier(index: number, hook: Hook, tier: number): void {
    const key = `hook.${index}.${tier}`;
    const servers = this.#serversOf(tier);
    const facts = { tier, subject: `tier ${tier}`, phase: "recover" };
    if (hook.when === "before") {
      const needs = servers.flatMap((each) => [...each.dependsOn, ...each.after]);
      // A server of the tier may wait for another one of it: the hook comes before both.
      const after = [...new Set(needs.filter((need) => !need.startsWith("gate.")))];
      this.#insert(key, hook, { ...facts, after });
      this.#hold(servers, key);
      return;
    }
    const next = tiersOf(this.#scene.members).find((each) => each > tier);
    const verified = this.#steps.get("verified");
    const earlier = this.steps.filter((each) => each.action === "hook.call" && each.key.endsWith(`.${tier}`));
    this.#insert(key, hook, { ...facts, after: [`started.${tier}`, ...earlier.map((each) => each.key)] });
    this.#hold(next === undefined ? (verified ? [verified] : []) : this.#serversOf(next), key);
  }

  #ofMember(index: number, hook: Hook, member: HookedServer): void {
    const key = `hook.${index}.${member.id}`;
    const held = this.#steps.get(`${hook.when === "before" ? "server" : "gate"}.${member.id}`);
    if (!held) return;
    const { dependsOn, after } = held;
    this.#insert(key, hook, { member, subject: member.name, phase: "recover", dependsOn, after });
    this.#hold([held], key);
    if (hook.when === "after") this.#seeByItself(member.id, held);
  }

  /** That its server is up does not depend on what its hook after it says, only what waits for the member does. */
  #seeByItself(memberId: string, gate: PlannedStep): void {
    const verify = this.#steps.get(`verify.${memberId}`);
    if (!verify?.dependsOn.includes(gate.key)) return;
    const dependsOn = verify.dependsOn.flatMap((key) => (key === gate.key ? gate.dependsOn : key));
    this.#steps.set(verify.key, { ...verify, dependsOn, after: [...verify.after, gate.key] });
  }

  #serversOf(tier: number): readonly PlannedStep[] {
    const members = this.#scene.members.filter((member) => member.tier === tier);
    return members.flatMap(({ id }) => this.#steps.get(`server.${id}`) ?? []);
  }

  /** @param steps wait for the hook, and are not done when it has failed. */
  #hold(steps: readonly PlannedStep[], key: string): void {
    for (const { key: held } of steps) {
      const now = this.#steps.get(held);
      if (now) this.#steps.set(held, { ...now, dependsOn: [...now.dependsOn, key] });
    }
  }

  #insert(key: string, hook: Hook, place: Place): void {
    const { url, undo_url: undoUrl, timeout_seconds: timeoutSeconds, retries, on_failure: onFailure, when, of } = hook;
    const { member } = place;
    const subject = place.subject ?? (of === "plan" ? "everything" : "the clean-up");
    const input: CallHookInput = {
      url,
      undoUrl,
      timeoutSeconds,
      retries,
      onFailure,
      facts: {
        when,
        of,
        tier: place.tier ?? member?.tier ?? null,
        member: member ? { id: member.id, name: member.name } : null,
        ...this.#scene.facts,
      },
    };
    const made = step(
      key,
      "ensure",
      "hook.call",
      `Call ${new URL(url).host} ${when} ${subject}`,
      place.phase,
      "target",
      {
        ...(member ? { memberId: member.id } : {}),
        input,
        dependsOn: place.dependsOn ?? [],
        after: place.after ?? [],
        settings: {
          onFailure: member && !member.isCritical ? "member" : "stop",
          isUndoable: undoUrl !== null,
          timeoutMs: (retries + 1) * (timeoutSeconds * 1000 + HOOK_PAUSE_MS) + 60_000,
        },
      },
    );
    this.#steps.set(key, made);
  }
}

interface Place {
  readonly phase: string;
  readonly tier?: number;
  readonly member?: HookedServer;
  readonly subject?: string;
  readonly dependsOn?: readonly string[];
  readonly after?: readonly string[];
}

function tiersOf(members: readonly HookedServer[]): readonly number[] {
  return [...new Set(members.map(({ tier }) => tier))].sort((a, b) => a - b);
}
