/** What a caller is, under the names that check strings use (`user_id`, `project_id`, `roles`, `is_admin`, …). */
export type Credentials = Readonly<Record<string, unknown>>;
/** What is acted on: at least `project_id`. */
export type Target = Readonly<Record<string, unknown>>;

/** A check string, read. */
export type Check =
  | { readonly kind: "always" }
  | { readonly kind: "never" }
  | { readonly kind: "and"; readonly checks: readonly Check[] }
  | { readonly kind: "or"; readonly checks: readonly Check[] }
  | { readonly kind: "not"; readonly check: Check }
  | { readonly kind: "rule"; readonly name: string }
  | { readonly kind: "role"; readonly name: string }
  /** A credential, or a literal, compared with a text that may take values of the target: `project_id:%(project_id)s`. */
  | { readonly kind: "equal"; readonly left: string; readonly right: string };

/** Everything a check is decided by. */
export interface Question {
  readonly credentials: Credentials;
  readonly target: Target;
  /** The check of a rule, or of the default rule when there is none of that name. */
  readonly rule: (name: string) => Check;
}

/** Decides a check. Source of the semantics: https://docs.openstack.org/oslo.policy/latest/reference/api/oslo_policy.policy.html */
export function decide(check: Check, question: Question): boolean {
  switch (check.kind) {
    case "always":
      return true;
    case "never":
      return false;
    case "and":
      return check.checks.every((part) => decide(part, question));
    case "or":
      return check.checks.some((part) => decide(part, question));
    case "not":
      return !decide(check.check, question);
    case "rule":
      return decide(question.rule(check.name), question);
    case "role":
      return hasRole(check.name, question);
    case "equal":
      return isEqual(check, question);
  }
}

function hasRole(pattern: string, { credentials, target }: Question): boolean {
  const wanted = fillIn(pattern, target)?.toLowerCase();
  const roles = Array.isArray(credentials.roles) ? credentials.roles : [];
  return wanted !== undefined && roles.some((role) => String(role).toLowerCase() === wanted);
}

function isEqual(check: Check & { kind: "equal" }, { credentials, target }: Question): boolean {
  const right = fillIn(check.right, target);
  if (right === undefined) return false;
  const literal = literalOf(check.left);
  const values = literal === undefined ? valuesAt(credentials, check.left) : [literal];
  return values.some((value) => pythonText(value) === right);
}

/** The text with `%(name)s` replaced by values of the target; undefined when the target has no such value. */
function fillIn(pattern: string, target: Target): string | undefined {
  let isMissing = false;
  const text = pattern.replace(/%%|%\(([^)]+)\)s/g, (_, name?: string) => {
    if (name === undefined) return "%";
    const [value] = name in target ? [target[name]] : valuesAt(target, name);
    if (value === undefined) isMissing = true;
    return pythonText(value);
  });
  return isMissing ? undefined : text;
}

/** Python's literals on the left side: `'member':…`, `True:…`, `None:…`, `1:…`. */
function literalOf(left: string): unknown {
  const quoted = /^(["'])(.*)\1$/.exec(left);
  if (quoted) return quoted[2];
  if (left === "True") return true;
  if (left === "False") return false;
  if (left === "None") return null;
  return /^-?\d+(\.\d+)?$/.test(left) ? Number(left) : undefined;
}

/** Values under a dotted path; of a list, each. */
function valuesAt(holder: Readonly<Record<string, unknown>>, path: string): readonly unknown[] {
  let values: readonly unknown[] = [holder];
  for (const name of path.split(".")) {
    values = values
      .flatMap((value) => (typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined))
      .filter((value) => value !== undefined);
  }
  return values;
}

function pythonText(value: unknown): string {
  if (value === true) return "True";
  if (value === false) return "False";
  return value === null ? "None" : String(value);
}
