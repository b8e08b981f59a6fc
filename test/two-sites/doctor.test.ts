import type { CliHost } from "@protector/cli";
import { afterEach, beforeEach, expect, it } from "vitest";
import { seedUser } from "../../packages/simulator/src/index.ts";
import { openWorkingSites, type WorkingSites } from "./working-sites.ts";

interface Line {
  readonly site: string;
  readonly check: string;
  readonly result: string;
  readonly reason: string;
  readonly remedy: string | null;
}

let here: WorkingSites;
beforeEach(async () => {
  here = await openWorkingSites();
});
afterEach(() => here.stop());

async function doctor(host?: Partial<CliHost>) {
  const { code, stdout, stderr } = await here.run("doctor -f json", host);
  const lines = stdout ? (JSON.parse(stdout) as Line[]) : [];
  return {
    code,
    stderr,
    lines,
    of: (site: string, check: string) => lines.find((one) => one.site === site && one.check === check),
  };
}

/** Files of somebody else in the project at site A. */
function asColleague(role: string): CliHost["readFile"] {
  const { project } = here.sites.a.tenant;
  seedUser(here.sites.world.cloud("site-a"), { name: "colleague", password: "labdemo", project, roles: [role] });
  const secure = "clouds: {site-a: {auth: {username: colleague}}}";
  return (path) => (path === "./secure.yaml" ? secure : here.readFile(path));
}

it("finds two sites in order: a line for each check, exit code 0", async () => {
  const { code, lines } = await doctor();
  expect(lines.filter(({ result }) => result !== "ok")).toEqual([]);
  expect(code).toBe(0);
  const checks = ["login", "catalog", "api", "clock", "roles", "policy", "trusts", "groups", "peer"];
  expect(lines.map(({ site, check }) => `${site} ${check}`)).toEqual([
    "workstation program",
    ...checks.map((check) => `site-a ${check}`),
    ...checks.map((check) => `site-b ${check}`),
  ]);
});

it("changes nothing", async () => {
  const { db } = here.sites.a.connection;
  const before = await db.selectFrom("audit_events").selectAll().execute();
  await doctor();
  expect(await db.selectFrom("audit_events").selectAll().execute()).toEqual(before);
});

it("tells a site that does not answer, and what the other engine sees of it: exit code 6", async () => {
  here.destroy(here.sites.b);
  const { code, of, lines } = await doctor();
  expect(code).toBe(6);
  expect(of("site-b", "login")).toMatchObject({
    result: "error",
    reason: expect.stringContaining("Keystone of site-b"),
  });
  expect(lines.filter(({ site, result }) => site === "site-a" && result !== "ok")).toEqual([]);
});

it("tells a wrong password apart from a silent site: exit code 3", async () => {
  const readFile = (path: string) =>
    path === "./secure.yaml" ? "clouds: {site-b: {auth: {password: wrong}}}" : here.readFile(path);
  const { code, of } = await doctor({ readFile });
  expect(code).toBe(3);
  expect(of("site-b", "login")).toMatchObject({ result: "error", reason: expect.stringContaining("Login at site-b") });
});

it("tells that the peer's cloud is not described, and which option names it", async () => {
  const { code, of } = await doctor({ env: { OS_CLOUD: "site-a", OS_SECONDARY_CLOUD: "site-z" } });
  expect(code).toBe(3);
  expect(of("site-z", "cloud")).toMatchObject({
    result: "error",
    remedy: expect.stringContaining("--secondary-cloud"),
  });
});

it("measures how far the clocks are apart", async () => {
  const { clock } = here;
  const ahead = { now: () => clock.now() + 90_000, sleep: clock.sleep.bind(clock) };
  const { code, of } = await doctor({ clock: ahead });
  expect(code).toBe(0);
  expect(of("site-a", "clock")).toMatchObject({ result: "warning", reason: "1m 30s behind this workstation" });
});

it("tells what the policy forbids, by the rule's name", async () => {
  const readFile = asColleague("reader");
  const { of } = await doctor({ readFile });
  expect(of("site-a", "roles")).toMatchObject({ result: "warning", reason: "reader" });
  expect(of("site-a", "policy")).toMatchObject({
    result: "warning",
    reason: expect.stringMatching(
      /^may not test failovers, fail over; may see groups, change groups\. The policy rule protector:/,
    ),
  });
});

it("tells a group that would not fail over, and that no trust of it yields a token", async () => {
  await here.run("pg create shop");
  await here.run("pg policy-create shop --primary-backend array-a --secondary-backend array-b --wait");
  await here.run("member add shop db-01 --wait");
  const { identity } = here.sites.world.cloud("site-a");
  const { user, project } = here.sites.a.tenant;
  for (const role of identity.roles.values()) identity.ungrant(user.id, project.id, role.id);
  const colleague = { readFile: asColleague("member") };
  expect((await here.run("pg readiness shop --check", colleague)).stdout).toContain("trust.unusable");
  const { of, code } = await doctor(colleague);
  expect(code).toBe(3);
  expect(of("site-a", "trusts")).toMatchObject({
    result: "error",
    reason: expect.stringContaining("no trust of shop"),
  });
  expect(of("site-a", "groups")).toMatchObject({
    result: "warning",
    reason: "1 of 1 have their servers here; not ready: shop",
    remedy: expect.stringContaining("protection-group readiness"),
  });
});
