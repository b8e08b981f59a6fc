import { REPLICATION_TYPES, type ReplicationType } from "@protector/contract";
import { Command, InvalidArgumentError, Option } from "commander";

export const SCENARIOS = [
  "none",
  "planned-failover",
  "unplanned-failover",
  "test-failover",
  "failback",
  "full-cycle",
  "site-failover",
] as const;
/** Scenarios that bring servers back to where they were: no way leads back into a pod. */
const GOING_HOME: readonly string[] = ["failback", "full-cycle"];
export type ScenarioName = (typeof SCENARIOS)[number];

/** Most servers of the workload: as many as its front network has addresses for. */
const MOST_SERVERS = 150;

/** What the sandbox is asked for. */
export interface SandboxOptions {
  readonly scenario: ScenarioName;
  /** Servers of the workload. */
  readonly servers: number;
  /** How the workload is replicated. */
  readonly replicationType: ReplicationType;
  /** Stop when the scenario is over. */
  readonly exit: boolean;
  /** One JSON object as the last line of standard output; everything else goes to standard error. */
  readonly json: boolean;
  /** Folder for databases, logs and clouds.yaml that outlives the sandbox; undefined = a temporary one. */
  readonly keep?: string;
}

/** @throws CommanderError after it has printed help or what is wrong. */
export function readOptions(args: readonly string[]): SandboxOptions {
  const program = new Command("sandbox")
    .description("Two simulated sites, each with its own Protector, and a workload that fails over between them")
    .addOption(new Option("--scenario <name>", "what happens").choices(SCENARIOS).default("planned-failover"))
    .option("--servers <count>", `servers of the workload, 1 to ${MOST_SERVERS}`, serverCount, 3)
    .addOption(
      new Option("--replication-type <type>", "sync: the workload's volumes are in a pod of both arrays")
        .choices(REPLICATION_TYPES)
        .default("async"),
    )
    .option("--exit", "stop when the scenario is over", false)
    .option("--json", "last line: the outcome as one JSON object", false)
    .option("--keep <folder>", "keep databases, logs and clouds.yaml in this new or empty folder")
    .exitOverride()
    .parse([...args], { from: "user" });
  const options = program.opts<SandboxOptions>();
  if (options.replicationType === "sync" && GOING_HOME.includes(options.scenario))
    program.error(`error: --scenario ${options.scenario} needs --replication-type async: no way leads back into a pod`);
  return options;
}

function serverCount(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= MOST_SERVERS) return count;
  throw new InvalidArgumentError(`A whole number from 1 to ${MOST_SERVERS} is needed.`);
}
