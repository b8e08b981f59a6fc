import type { Clock } from "@protector/ports";
import { type Check, type Credentials, decide, type Target } from "./check.ts";
import { findPolicyFiles, fingerprint, type PolicyFileOptions, readPolicyFiles } from "./policy-files.ts";
import { buildRuleSet, type RuleSet } from "./rule-set.ts";
import { POLICY_RULES } from "./rules.ts";

/** How often files are looked at, in ms. */
const LOOK_INTERVAL_MS = 1_000;

export interface PolicyOptions extends PolicyFileOptions {
  /** Rule that stands in for one that is referred to but not defined; default `default`. */
  readonly defaultRule?: string;
  readonly clock: Clock;
  /** Warnings of the files, and the error of a file that became unusable while running: the rules before stay in force. */
  readonly report?: (text: string) => void;
}

/** The rules in force; files are read again when they change. */
export class Policy {
  readonly #options: PolicyOptions;
  #rules: RuleSet;
  #fingerprint: string;
  #lookedAt: number;

  /** @throws PolicyError when a file cannot be used. */
  constructor(options: PolicyOptions) {
    this.#options = options;
    const files = findPolicyFiles(options);
    this.#fingerprint = fingerprint(files);
    this.#lookedAt = options.clock.now();
    this.#rules = buildRuleSet(POLICY_RULES, readPolicyFiles(files));
    for (const warning of this.#rules.warnings) options.report?.(warning);
  }

  /**
   * Whether the rule allows it. `is_admin` of the credentials is set by the rule `context_is_admin`.
   * @throws Error for a rule that is neither in code nor in a file.
   */
  enforce(rule: string, credentials: Credentials, target: Target): boolean {
    this.#readAgainIfChanged();
    const check = this.#rules.checks.get(rule);
    if (!check) throw new Error(`there is no policy rule ${rule}`);
    const isAdmin = this.#decide(this.#check("context_is_admin"), credentials, target);
    return this.#decide(check, { ...credentials, is_admin: isAdmin }, target);
  }

  #decide(check: Check, credentials: Credentials, target: Target): boolean {
    return decide(check, { credentials, target, rule: (name) => this.#check(name) });
  }

  #check(name: string): Check {
    const { checks } = this.#rules;
    return checks.get(name) ?? checks.get(this.#options.defaultRule ?? "default") ?? { kind: "never" };
  }

  #readAgainIfChanged(): void {
    const now = this.#options.clock.now();
    if (now - this.#lookedAt < LOOK_INTERVAL_MS) return;
    this.#lookedAt = now;
    try {
      const files = findPolicyFiles(this.#options);
      const current = fingerprint(files);
      if (current === this.#fingerprint) return;
      this.#fingerprint = current;
      this.#rules = buildRuleSet(POLICY_RULES, readPolicyFiles(files));
      for (const warning of this.#rules.warnings) this.#options.report?.(warning);
    } catch (error) {
      this.#options.report?.(`the policy stays as it was: ${(error as Error).message}`);
    }
  }
}
