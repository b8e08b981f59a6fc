export type { Credentials, Target } from "./check.ts";
export { Policy, type PolicyOptions } from "./policy.ts";
export { renderPolicy } from "./render-policy.ts";
export { PolicyError } from "./rule-set.ts";
export { POLICY_RULES, type PolicyRule } from "./rules.ts";
