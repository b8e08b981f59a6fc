import { extname } from "node:path";
import type { Clock } from "@protector/ports";
import { type Config, ConfigError, describeProblem, type LoadedConfig } from "../config/index.ts";
import { currentRevision, type DatabaseConnection, headRevision, listOperations } from "../db/index.ts";
import { readKeyRing } from "../domain/key-ring.ts";
import { Policy } from "../policy/index.ts";
import { openSiteDatabase } from "./program.ts";

export type UpgradeResult = "Success" | "Warning" | "Failure";

/** One check of `protector-status upgrade check`. */
export interface CheckOutcome {
  readonly check: string;
  readonly result: UpgradeResult;
  readonly details: string | null;
}

type Finding = Omit<CheckOutcome, "check">;
const SUCCESS: Finding = { result: "Success", details: null };
const warning = (details: string): Finding => ({ result: "Warning", details });
const failure = (details: string): Finding => ({ result: "Failure", details });

/** Runs every check with this release's code on the data of the one before; one that throws is a failure of its own. */
export async function upgradeChecks(load: () => LoadedConfig, clock: Clock): Promise<readonly CheckOutcome[]> {
  let loaded: LoadedConfig;
  try {
    loaded = load();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return [{ check: "Configuration", ...failure(error.message) }];
  }
  const { config, warnings } = loaded;
  const configuration = warnings.length === 0 ? SUCCESS : warning(warnings.map(describeProblem).join("; "));
  const database = openSiteDatabase(config, clock);
  try {
    const revision = await run("Database revision", () => checkRevision(database));
    const first = [
      { check: "Configuration", ...configuration },
      await run("Policy", () => checkPolicy(config, clock)),
      revision,
    ];
    // What follows reads tables.
    if (revision.result === "Failure") return first;
    return [
      ...first,
      await run("Keys", () => checkKeys(config, database)),
      await run("Operations in flight", () => checkOperations(database)),
    ];
  } finally {
    await database.close();
  }
}

async function run(check: string, look: () => Finding | Promise<Finding>): Promise<CheckOutcome> {
  try {
    return { check, ...(await look()) };
  } catch (error) {
    return { check, ...failure(error instanceof Error ? error.message : String(error)) };
  }
}

function checkPolicy({ oslo_policy }: Config, clock: Clock): Finding {
  const reports: string[] = [];
  new Policy({
    policyFile: oslo_policy.policy_file,
    policyDirs: oslo_policy.policy_dirs,
    defaultRule: oslo_policy.policy_default_rule,
    clock,
    report: (text) => reports.push(text),
  });
  if (extname(oslo_policy.policy_file) === ".json") reports.push("the policy file is JSON: make it YAML");
  return reports.length === 0 ? SUCCESS : warning(reports.join("; "));
}

async function checkRevision(database: DatabaseConnection): Promise<Finding> {
  const current = await currentRevision(database);
  const head = headRevision();
  if (current === null) return failure("The database has no tables. Run: protector-manage db sync");
  return current >= head ? SUCCESS : failure(`Revision ${current}, needed ${head}. Run: protector-manage db sync`);
}

async function checkKeys(config: Config, { db }: DatabaseConnection): Promise<Finding> {
  const { key_repository } = config.secrets;
  const ring = readKeyRing(key_repository);
  const used = await db.selectFrom("secrets").select("key_id").distinct().execute();
  const missing = used.filter(({ key_id }) => !ring.keys.has(key_id));
  if (missing.length > 0) {
    return failure(
      `${key_repository} lacks ${missing.map(({ key_id }) => key_id).join(", ")}: copy it from another host`,
    );
  }
  const old = used.filter(({ key_id }) => key_id !== ring.currentId);
  if (old.length > 0) return warning("Some secrets are under an old key. Run: protector-manage secrets rotate");
  return SUCCESS;
}

async function checkOperations({ db }: DatabaseConnection): Promise<Finding> {
  const statuses = ["running", "waiting", "cancelling", "rolling_back"] as const;
  const operations = await listOperations(db, { statuses }, { limit: 100 });
  if (operations.length === 0) return SUCCESS;
  const names = operations.slice(0, 5).map(({ id, type, status }) => `${type} ${id} is ${status}`);
  return warning(`${operations.length} operations: ${names.join("; ")}. The new release continues them.`);
}
