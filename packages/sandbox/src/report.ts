import type { ReplicationType } from "@protector/contract";
import type { TestCopy } from "./drill.ts";
import type { ScenarioName } from "./options.ts";
import type { MemberOutcome } from "./outcome.ts";
import type { RunningSandbox } from "./sandbox.ts";
import { GROUP } from "./scenario.ts";
import { type GroupOutcome, PLAN } from "./site-wide.ts";
import type { Telling } from "./telling.ts";

/** The outcome of a run, as `--json` prints it. */
export interface SandboxReport {
  readonly scenario: string;
  /** `ready`, or how the operation of the scenario ended. */
  readonly status: string;
  readonly members: readonly MemberOutcome[];
  /** s of writes that are lost; null when nothing failed over. */
  readonly rpo_seconds: number | null;
  /** s from the first server's last write until the last server had booted; null when nothing failed over. */
  readonly rto_seconds: number | null;
  readonly writes_lost: number;
  /** Site that all servers run on; `mixed` when they do not agree. */
  readonly running_on: string;
  /** Of a test: the servers that it started beside production. */
  readonly copies?: readonly TestCopy[];
  /** Of a whole site: how each group came over, in the order in which they began. */
  readonly groups?: readonly GroupOutcome[];
  /** Of a way home: how often the servers went and came back. */
  readonly cycles?: number;
  /** Of a way home: what is left of it at site-b. */
  readonly left?: readonly string[];
}

/** Sums up the members. */
export function reportOf(scenario: string, status: string, members: readonly MemberOutcome[]): SandboxReport {
  const places = new Set(members.map(({ running_on }) => running_on ?? "nowhere"));
  const hasMoved = members.some(({ first_read_at }) => first_read_at !== null);
  return {
    scenario,
    status,
    members,
    rpo_seconds: hasMoved ? Math.max(0, ...members.map(({ rpo_seconds }) => rpo_seconds)) : null,
    rto_seconds: hasMoved ? wholeDowntime(members) : null,
    writes_lost: members.reduce((sum, { writes_lost }) => sum + writes_lost, 0),
    running_on: places.size === 1 ? [...places].join("") : "mixed",
  };
}

function wholeDowntime(members: readonly MemberOutcome[]): number {
  const times = (key: "last_write_at" | "first_read_at") =>
    members.flatMap((member) => (member[key] === null ? [] : Date.parse(member[key])));
  return (Math.max(...times("first_read_at")) - Math.min(...times("last_write_at"))) / 1000;
}

/** What happened on the way home: there the servers left site-b. */
export function tellHome(telling: Telling, report: SandboxReport): void {
  tellOutcome(telling, report, { left: "site-b", found: "site-a" });
  const left = report.left ?? [];
  const isGood = left.length === 0;
  telling.line(`  cycles     ${report.cycles}`);
  telling.line(
    `  left       ${telling.paint(isGood ? "green" : "red", isGood ? "nothing at site-b" : left.join(", "))}`,
  );
}

/** What happened, server by server. @param sites that the servers left, and that they came to. */
export function tellOutcome(
  telling: Telling,
  report: SandboxReport,
  sites = { left: "site-a", found: "site-b" },
): void {
  telling.title("What happened");
  for (const member of report.members) {
    const { name, running_on, server_id, addresses, downtime_seconds } = member;
    telling.line(`  ${telling.paint("cyan", name.padEnd(8))} on ${running_on ?? "no site"}  ${server_id ?? ""}`);
    telling.line(`           addresses     ${addresses.join(", ")}`);
    telling.line(
      `           last write    ${clockText(member.last_write_at)}  ${member.writes} writes at ${sites.left}`,
    );
    telling.line(`           first read    ${clockText(member.first_read_at)}  ${foundText(member, sites.found)}`);
    telling.line(`           downtime      ${downtime_seconds === null ? "none" : `${downtime_seconds.toFixed(1)} s`}`);
  }
  if (report.rto_seconds === null) return;
  const lost = report.writes_lost === 0 ? "none" : `${report.writes_lost} writes, ${report.rpo_seconds} s`;
  // Without its site a group loses what was written after the point: that is no failure.
  const mayLose = report.scenario === "unplanned-failover" || report.scenario === "site-failover";
  const isGood = (report.writes_lost === 0 || mayLose) && report.status === "completed";
  telling.line();
  telling.line(`  status     ${telling.paint(isGood ? "green" : "red", report.status)}`);
  telling.line(
    `  downtime   ${report.rto_seconds.toFixed(1)} s from the first server's last write to the last server's boot`,
  );
  telling.line(`  data loss  ${telling.paint(isGood ? "green" : "red", lost)}`);
}

function foundText({ first_read_at, writes, writes_lost }: MemberOutcome, site: string): string {
  if (first_read_at === null) return `not booted at ${site}`;
  return `${writes - writes_lost} of them found at ${site}`;
}

function clockText(at: string | null): string {
  return at === null ? "-".padEnd(12) : at.slice(11, 23);
}

/** Where nothing has been done yet: how the workload is protected. */
function protecting(type: ReplicationType): readonly string[] {
  return [
    "site list",
    `protection-group create ${GROUP}${type === "sync" ? " --replication-type sync" : ""}`,
    `protection-group policy-create ${GROUP} --primary-backend array-a --secondary-backend array-b --wait`,
    `member add ${GROUP} db-01 app-01 web-01 --wait`,
    `mapping suggest ${GROUP} --apply`,
    `protection-group readiness ${GROUP} --check`,
    `failover ${GROUP} --dry-run`,
  ];
}

const AFTER: Readonly<Record<Exclude<ScenarioName, "none">, readonly string[]>> = {
  "planned-failover": [
    "site list",
    `protection-group show ${GROUP}`,
    `member list ${GROUP}`,
    `recovery-point list ${GROUP}`,
    `protection-group sync-status ${GROUP}`,
    "operation list",
  ],
  "unplanned-failover": [
    `--os-cloud site-b protection-group show ${GROUP}`,
    `--os-cloud site-b member list ${GROUP}`,
    "--os-cloud site-b operation list",
  ],
  "site-failover": [
    `--os-cloud site-b recovery-plan show ${PLAN}`,
    "--os-cloud site-b protection-group list",
    "--os-cloud site-b operation list",
  ],
  failback: [`protection-group show ${GROUP}`, `member list ${GROUP}`, "operation list", `failover ${GROUP} --dry-run`],
  "full-cycle": ["operation list", `recovery-point list ${GROUP}`, `protection-group readiness ${GROUP} --check`],
  "test-failover": [
    `recovery-point list ${GROUP}`,
    `test-failover ${GROUP} --time-limit 4h`,
    `test-cleanup ${GROUP}`,
    "operation list --type test_failover",
  ],
};

/** What people can do now. */
export function tellNext(telling: Telling, sandbox: RunningSandbox, next: NextSteps): void {
  telling.title("What to try next, in another terminal");
  telling.line(`  export OS_CLIENT_CONFIG_FILE=${sandbox.clouds} OS_CLOUD=site-a`);
  telling.line(`  alias protector="${next.command}"`);
  const { scenario } = next;
  const lines = scenario === "none" ? protecting(sandbox.world.replicationType) : AFTER[scenario];
  for (const words of lines) telling.line(`  protector ${words}`);
  telling.line(`\n  Administrators: OS_CLOUD=site-a-admin. Logs and databases: ${sandbox.folder}`);
}

export interface NextSteps {
  readonly scenario: ScenarioName;
  /** How people call the command line. */
  readonly command: string;
}
