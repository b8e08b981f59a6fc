import { OPERATION_STATUSES, type OperationStatus, type OperationVerb, ProtectorError } from "@protector/contract";
import { systemClock, systemRandom } from "@protector/ports";
import type { Command } from "commander";
import {
  type DatabaseConnection,
  findOperation,
  insertAuditEvent,
  listOperationSteps,
  listOperations,
  readJson,
  requestVerb,
  writeJson,
  writeTime,
} from "../db/index.ts";
import type { ManageContext } from "./manage.ts";
import { textTable } from "./text-table.ts";

/** Statuses of operations that nobody works on any more and whose objects should be gone. */
const UNDONE: readonly OperationStatus[] = ["rolled_back", "cancelled", "superseded"];
/** Who the audit says it was. */
const USER = "protector-manage";

/** `protector-manage operation …` and `ledger …` */
export function addOperationCommands(program: Command, context: ManageContext): void {
  const { out } = context;
  const operations = program.command("operation").description("operations of all projects");
  operations
    .command("list")
    .option("--status <status>", `one of ${OPERATION_STATUSES.join(", ")}`)
    .option("--limit <count>", "most operations", "50")
    .description("list the newest operations")
    .action(({ status, limit }: { status?: OperationStatus; limit: string }) =>
      context.withDatabase(async ({ db }) => {
        const scope = status === undefined ? {} : { statuses: [status] };
        const rows = await listOperations(db, scope, { limit: Number(limit) });
        const titles = ["id", "type", "status", "group", "progress", "engine", "created at"];
        const cells = rows.map((row) => [
          row.id,
          row.type,
          row.status,
          row.protection_group_name,
          `${Math.round(row.progress * 100)} %`,
          row.lease_owner ?? "",
          String(row.created_at),
        ]);
        out(textTable(titles, cells));
      }),
    );
  operations
    .command("show")
    .argument("<id>")
    .description("show an operation with its steps")
    .action((id: string) => context.withDatabase((database) => show(context, database, id)));
  operations
    .command("resume")
    .argument("<id>")
    .description("have an engine continue an operation that failed or is paused")
    .action((id: string) => context.withDatabase((database) => ask(context, database, { id, verb: "resume" })));
  operations
    .command("abandon")
    .argument("<id>")
    .requiredOption("--reason <text>", "why; kept in the audit")
    .description("give an operation up as it stands; what it leaves is listed")
    .action((id: string, { reason }: { reason: string }) =>
      context.withDatabase((database) => ask(context, database, { id, verb: "abandon", reason })),
    );
  program
    .command("ledger")
    .description("objects that Protector made outside")
    .command("orphans")
    .description("list objects that no operation looks after any more; exit status 1 when there are any")
    .action(() => context.withDatabase((database) => listOrphans(context, database)));
}

async function show({ out }: ManageContext, { db }: DatabaseConnection, id: string): Promise<void> {
  const operation = await findOperation(db, { id });
  if (!operation) throw new ProtectorError("operation.not_found", `There is no operation ${id}.`);
  const { plan: _plan, members: _members, parameters: _parameters, ...facts } = operation;
  const width = Math.max(...Object.keys(facts).map((key) => key.length));
  for (const [key, value] of Object.entries(facts))
    out(`${key.padEnd(width)}  ${value ?? ""}\n`.replace(/ +\n$/, "\n"));
  const steps = await listOperationSteps(db, id);
  if (steps.length === 0) return;
  const problem = (error: string | null) => (error === null ? "" : (readJson<{ detail?: string }>(error).detail ?? ""));
  const cells = steps.map((step) => [
    step.step_key,
    step.status,
    String(step.attempt),
    step.message ?? problem(step.error),
  ]);
  out(`\n${textTable(["step", "status", "tries", "message"], cells)}`);
}

interface Wish {
  readonly id: string;
  readonly verb: OperationVerb;
  readonly reason?: string;
}

async function ask({ out }: ManageContext, database: DatabaseConnection, wish: Wish): Promise<void> {
  const { id, verb, reason } = wish;
  const operation = await findOperation(database.db, { id });
  if (!operation) throw new ProtectorError("operation.not_found", `There is no operation ${id}.`);
  const projectId = operation.project_id;
  // The engine acts in the name of whoever started it: this machine's administrator has no trust.
  const request = { operationId: id, projectId, userId: operation.user_id, verb };
  await requestVerb(database, { ...request, ...(reason === undefined ? {} : { reason }) });
  await insertAuditEvent(database.db, {
    id: systemRandom.uuid(),
    at: writeTime(systemClock.now()),
    project_id: projectId,
    user_id: USER,
    request_id: null,
    action: `operations.${verb}`,
    target_type: "operation",
    target_id: id,
    outcome: "success",
    detail: writeJson(reason === undefined ? {} : { reason }),
  });
  out(`Asked for: ${verb} of operation ${id}. An engine takes it up with its next sweep.\n`);
}

async function listOrphans({ out, exit }: ManageContext, { db }: DatabaseConnection): Promise<void> {
  const rows = await db
    .selectFrom("resource_ledger")
    .innerJoin("dr_operations", "dr_operations.id", "resource_ledger.operation_id")
    .select([
      "resource_ledger.kind",
      "resource_ledger.name",
      "resource_ledger.external_id",
      "resource_ledger.state",
      "resource_ledger.site_id",
      "resource_ledger.operation_id",
      "dr_operations.status",
    ])
    .where((where) =>
      where.or([
        where("resource_ledger.state", "=", "orphan"),
        where.and([
          where("resource_ledger.state", "in", ["intended", "present"]),
          where("dr_operations.status", "in", UNDONE),
        ]),
      ]),
    )
    .orderBy("resource_ledger.created_at")
    .execute();
  if (rows.length === 0) return out("No orphans.\n");
  const titles = ["kind", "name", "id", "state", "site", "operation", "ended as"];
  const cells = rows.map((row) => [
    row.kind,
    row.name,
    row.external_id ?? "",
    row.state,
    row.site_id,
    row.operation_id,
    row.status,
  ]);
  out(textTable(titles, cells));
  exit(1);
}
