import { OPERATION_VERBS, PLAN_VERBS, ROUTES, type Route } from "@protector/contract";

/** One rule as it holds without a policy file. */
export interface PolicyRule {
  readonly name: string;
  readonly check: string;
  readonly description: string;
  /** Calls that ask it; none for rules that others build upon. */
  readonly operations: readonly { readonly method: string; readonly path: string }[];
}

const ADMIN = "rule:context_is_admin";
const READER = "rule:project_reader";
const MEMBER = "rule:project_member";

/** Rules that others build upon. The first three have the names and checks of the published policy file. */
const BASE_RULES: readonly PolicyRule[] = [
  base("context_is_admin", "role:admin", "Who is an administrator: sets is_admin for all other rules."),
  base("admin_or_owner", "is_admin:True or project_id:%(project_id)s", "Administrators and everyone of the project."),
  base("default", "rule:admin_or_owner", "Stands in for a rule that is referred to but not defined."),
  base(
    "project_reader",
    "rule:context_is_admin or (project_id:%(project_id)s and (role:reader or role:member or role:_member_ or role:manager))",
    "Whoever may look at a project's resources.",
  ),
  base(
    "project_member",
    "rule:context_is_admin or (project_id:%(project_id)s and (role:member or role:_member_ or role:manager))",
    "Whoever may change a project's resources.",
  ),
  base(
    "site_admin",
    "rule:context_is_admin or role:dr_site_admin",
    "Whoever may fail over all protection groups of a site.",
  ),
];

/** Rules of the published policy file: everyone of the project. */
const PUBLISHED: readonly string[] = [
  "protector:protection_groups:index",
  "protector:protection_groups:show",
  "protector:protection_groups:create",
  "protector:protection_groups:update",
  "protector:protection_groups:delete",
  "protector:members:index",
  "protector:members:create",
  "protector:members:delete",
  "protector:operations:index",
  "protector:operations:show",
  "protector:operations:action",
  "protector:policies:show",
  "protector:policies:create",
];

const ADMIN_RESOURCES: readonly string[] = ["sites", "tenant_mappings", "services"];
const READ_VERBS: readonly string[] = ["index", "show", "document", "report", "suggest"];
const OPERATION_STEERER = `${MEMBER} or (rule:site_admin and project_id:%(project_id)s)`;
const PLAN_ACTIONS: readonly string[] = ["failover", ...PLAN_VERBS];
/** Said in place of the route's summary where a verb has a rule of its own. */
const VERB_DESCRIPTIONS: Readonly<Record<string, string>> = {
  "protector:protection_groups:failover": "Fail over for real; asked beside protector:operations:action.",
  "protector:protection_groups:failback":
    "Bring a protection group home for real; asked beside protector:operations:action.",
  "protector:protection_groups:reprotect": "Make a protection group that was failed over replicate back.",
  "protector:protection_groups:replace_peer":
    "Give a protection group a new second site when the old one is lost for good.",
  "protector:protection_groups:move_home": "Make the site that a protection group runs at its home.",
  "protector:protection_groups:test_failover":
    "Start copies of a group's servers on isolated networks; asked beside protector:operations:action.",
  "protector:protection_groups:test_cleanup": "Delete what a test failover made.",
  "protector:protection_groups:test_promote": "Fail over for real from the recovery point that a test has proven.",
  "protector:protection_groups:sync": "Replicate a protection group now.",
  "protector:protection_groups:reclaim": "Take a protection group back on its primary site.",
  "protector:recovery_plans:failover": "Fail over all groups of a recovery plan.",
  "protector:recovery_plans:failback": "Bring all groups of a recovery plan home.",
  "protector:recovery_plans:reprotect": "Make all groups of a recovery plan replicate back.",
  "protector:recovery_plans:test_failover": "Test all groups of a recovery plan.",
  "protector:recovery_plans:test_cleanup": "Delete what tests of a recovery plan's groups made.",
  "protector:site_failover:create": "Fail over, test or bring home all protection groups of a site.",
};

/** Every rule with its default: those that others build upon, then one for each rule that a route asks. */
export const POLICY_RULES: readonly PolicyRule[] = [...BASE_RULES, ...routeRules(Object.values(ROUTES))];

function routeRules(routes: readonly Route[]): readonly PolicyRule[] {
  const rules = new Map<string, PolicyRule>();
  for (const { method, path, summary, rule, verbRules } of routes) {
    const names = [...(rule === null ? [] : [rule]), ...Object.values(verbRules ?? {})];
    for (const name of names) {
      const known = rules.get(name);
      const description = known?.description ?? VERB_DESCRIPTIONS[name] ?? `${summary}.`;
      const operations = [...(known?.operations ?? []), { method, path }];
      rules.set(name, { name, check: defaultCheck(name), description, operations });
    }
  }
  return [...rules.values()];
}

function defaultCheck(name: string): string {
  if (PUBLISHED.includes(name)) return "rule:default";
  const [, resource = "", verb = ""] = name.split(":");
  if (resource === "site_failover") return "rule:site_admin";
  // What is over all groups of a site lives in the operator's own project, and is shown to him alone.
  if (resource === "operations" && OPERATION_VERBS.some((each) => each === verb)) return OPERATION_STEERER;
  // Whoever may not fail a group over may not do it by a plan, nor by a test.
  if (resource === "protection_groups" && verb === "test_promote") return "rule:protector:protection_groups:failover";
  if (resource === "recovery_plans" && PLAN_ACTIONS.includes(verb)) return `rule:protector:protection_groups:${verb}`;
  if (ADMIN_RESOURCES.includes(resource)) return ADMIN;
  return READ_VERBS.includes(verb) ? READER : MEMBER;
}

function base(name: string, check: string, description: string): PolicyRule {
  return { name, check, description, operations: [] };
}
