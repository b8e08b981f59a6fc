import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROUTES, type Route } from "@protector/contract";
import { VirtualClock } from "@protector/ports";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { type Credentials, decide } from "./check.ts";
import { parseCheck } from "./parse-check.ts";
import { Policy } from "./policy.ts";
import { renderPolicy } from "./render-policy.ts";
import { POLICY_RULES } from "./rules.ts";

/** The policy file of the service-placement page, as printed. */
const PAGE = `"context_is_admin": "role:admin"
"admin_or_owner": "is_admin:True or project_id:%(project_id)s"
"default": "rule:admin_or_owner"
"protector:protection_groups:index": "rule:default"
"protector:protection_groups:show": "rule:default"
"protector:protection_groups:create": "rule:default"
"protector:protection_groups:update": "rule:default"
"protector:protection_groups:delete": "rule:default"
"protector:members:index": "rule:default"
"protector:members:create": "rule:default"
"protector:members:delete": "rule:default"
"protector:operations:index": "rule:default"
"protector:operations:show": "rule:default"
"protector:operations:action": "rule:default"
"protector:policies:show": "rule:default"
"protector:policies:create": "rule:default"
`;

const caller = (projectId: string, ...roles: string[]): Credentials => ({ user_id: "u", project_id: projectId, roles });

let directory: string;
let clock: VirtualClock;
let reports: string[];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "protector-policy-"));
  clock = new VirtualClock(0);
  reports = [];
});
afterEach(() => rmSync(directory, { recursive: true }));

function policyOf(text?: string): Policy {
  const policyFile = join(directory, "policy.yaml");
  if (text !== undefined) writeFileSync(policyFile, text);
  return new Policy({ policyFile, policyDirs: ["policy.d"], clock, report: (report) => reports.push(report) });
}

describe("check strings", () => {
  const holds = (text: string, credentials: Credentials, target = {}) =>
    decide(parseCheck(text), { credentials, target, rule: () => ({ kind: "never" }) });

  test.each<[string, boolean]>([
    ["", true],
    ["@", true],
    ["!", false],
    ["role:ADMIN", true],
    ["role:other", false],
    ["role:%(wanted)s", true],
    ["not role:other", true],
    ["not not @", true],
    ["! or @ and !", false],
    ["(! or @) and @", true],
    ["@ AND NOT !", true],
    ["user_id:u-1", true],
    ["user_id:%(owner.id)s", true],
    ["user_id:%(missing)s", false],
    ["project_id:%(project_id)s", false],
    ["is_admin:True", false],
    ["nothing:None", true],
    ["'member':%(wanted_role)s", true],
    ["True:%(enabled)s", true],
    ["1:%(count)s", true],
    ["groups.name:ops", true],
    ["(((role:admin)))", true],
  ])("%j is %s", (text, expected) => {
    const credentials = {
      user_id: "u-1",
      project_id: "p-1",
      roles: ["admin"],
      is_admin: false,
      nothing: null,
      groups: [{ name: "dev" }, { name: "ops" }],
    };
    const target = {
      project_id: "p-2",
      wanted: "admin",
      owner: { id: "u-1" },
      wanted_role: "member",
      enabled: true,
      count: 1,
    };
    expect(holds(text, credentials, target)).toBe(expected);
  });

  test.each([
    ["role", '"role" is no check'],
    ["role:a role:b", '"role:b" is not expected there'],
    ["role:a and", "a check is missing at the end"],
    ["(role:a", "a closing parenthesis is missing"],
    ["role:a)", '")" is not expected there'],
    ["https://opa:8181/v1", "checks by a remote server are not supported"],
  ])("%j is refused", (text, message) => {
    expect(() => parseCheck(text)).toThrow(message);
  });
});

describe("defaults", () => {
  test("cover every rule that a route asks", () => {
    const asked = Object.values(ROUTES as Readonly<Record<string, Route>>).flatMap(({ rule, verbRules }) => [
      ...(rule === null ? [] : [rule]),
      ...Object.values(verbRules ?? {}),
    ]);
    const policy = policyOf();
    for (const rule of asked) expect(() => policy.enforce(rule, caller("p"), { project_id: "p" })).not.toThrow();
    expect(new Set(asked).size).toBeGreaterThan(30);
  });

  test("keep projects apart and let administrators everywhere", () => {
    const policy = policyOf();
    for (const { name } of POLICY_RULES.filter(({ operations }) => operations.length > 0)) {
      expect(policy.enforce(name, caller("p-1", "member"), { project_id: "p-2" }), name).toBe(false);
      expect(policy.enforce(name, caller("p-1", "admin"), { project_id: "p-2" }), name).toBe(true);
    }
  });

  test("let readers look, members change and administrators alone register sites", () => {
    const policy = policyOf();
    const target = { project_id: "p" };
    const allows = (rule: string, ...roles: string[]) => policy.enforce(rule, caller("p", ...roles), target);
    expect(allows("protector:members:show", "reader")).toBe(true);
    expect(allows("protector:protection_groups:failover", "reader")).toBe(false);
    expect(allows("protector:protection_groups:failover", "member")).toBe(true);
    expect(allows("protector:protection_groups:failover", "_member_")).toBe(true);
    expect(allows("protector:sites:create", "member")).toBe(false);
    expect(allows("protector:tenant_mappings:create", "manager")).toBe(false);
  });

  test("cannot be widened by a caller who says to be an administrator", () => {
    const forged = { ...caller("p-1", "member"), is_admin: true };
    expect(policyOf().enforce("protector:protection_groups:show", forged, { project_id: "p-2" })).toBe(false);
  });
});

describe("the policy file", () => {
  test("of the page loads unchanged and without a warning", () => {
    const policy = policyOf(PAGE);
    expect(reports).toEqual([]);
    expect(policy.enforce("protector:members:create", caller("p-1", "member"), { project_id: "p-1" })).toBe(true);
    expect(policy.enforce("protector:members:create", caller("p-1", "member"), { project_id: "p-2" })).toBe(false);
    expect(policy.enforce("protector:members:create", caller("p-1", "admin"), { project_id: "p-2" })).toBe(true);
  });

  test("can allow tests to all and real failover to some", () => {
    const policy = policyOf('"protector:protection_groups:failover": "role:manager and rule:default"\n');
    const target = { project_id: "p" };
    expect(policy.enforce("protector:operations:action", caller("p", "member"), target)).toBe(true);
    expect(policy.enforce("protector:protection_groups:failover", caller("p", "member"), target)).toBe(false);
    expect(policy.enforce("protector:protection_groups:failover", caller("p", "manager"), target)).toBe(true);
  });

  test.each([
    ['"protector:members:create": "role:"\n', "policy.yaml: rule protector:members:create:"],
    ['"protector:members:create": ["role:a"]\n', "is not a check string"],
    ["- a\n", "is not a mapping"],
    ["a: b: c\n", "is not YAML"],
    ['"default": "rule:x"\n"x": "rule:default"\n', "rules refer to themselves: "],
  ])("%j is refused", (text, message) => {
    expect(() => policyOf(text)).toThrow(message);
  });

  test("is warned of for rules that nothing asks and that are not defined", () => {
    policyOf('"protector:protection_group:index": "@"\n"own": "rule:nobody"\n');
    expect(reports).toEqual([
      `${join(directory, "policy.yaml")}: no call asks the rule protector:protection_group:index`,
      "rule own refers to nobody, which is not defined: the default rule stands in for it",
    ]);
  });

  test("is read again when it changes, and an unusable one changes nothing", async () => {
    const policy = policyOf('"protector:members:create": "!"\n');
    const file = join(directory, "policy.yaml");
    const isAllowed = () => policy.enforce("protector:members:create", caller("p", "member"), { project_id: "p" });
    expect(isAllowed()).toBe(false);
    writeFileSync(file, '"protector:members:create": "@"\n');
    utimesSync(file, 1000, 1000);
    await clock.advance(1_000);
    expect(isAllowed()).toBe(true);
    writeFileSync(file, '"protector:members:create": "("\n');
    utimesSync(file, 2000, 2000);
    await clock.advance(1_000);
    expect(isAllowed()).toBe(true);
    expect(reports[0]).toContain("the policy stays as it was");
  });

  test("is followed by those of policy_dirs", () => {
    mkdirSync(join(directory, "policy.d"));
    writeFileSync(join(directory, "policy.d", "10-local.yaml"), '"protector:members:create": "!"\n');
    const policy = policyOf('"protector:members:create": "@"\n');
    expect(policy.enforce("protector:members:create", caller("p"), { project_id: "p" })).toBe(false);
  });
});

test("the sample holds every rule, commented out, and is valid with the marks taken away", () => {
  const sample = renderPolicy();
  expect(parse(sample)).toBeNull();
  const uncommented = parse(sample.replaceAll(/^#"/gm, '"')) as Record<string, string>;
  expect(Object.keys(uncommented)).toEqual(POLICY_RULES.map(({ name }) => name));
  expect(sample).toContain("# GET  /v1/{project_id}/protection-groups\n");
});
