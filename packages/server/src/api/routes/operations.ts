import { OPERATION_VERBS, type OperationAction, type OperationVerb, ProtectorError } from "@protector/contract";
import { readOptionalJson } from "../../db/codecs.ts";
import { listMembers } from "../../db/repositories/members.ts";
import { requestVerb } from "../../db/repositories/operation-requests.ts";
import {
  findOperation,
  listChildren,
  listOperationSteps,
  listOperations,
  type OperationRow,
} from "../../db/repositories/operations.ts";
import { findLocalSite } from "../../db/repositories/sites.ts";
import type { Db } from "../../db/transaction.ts";
import { reportPage } from "../../domain/reports/page/report-page.ts";
import { reportContent } from "../../domain/reports/report-content.ts";
import { readReportRows } from "../../domain/reports/report-rows.ts";
import { signPage, signReport } from "../../domain/reports/sign-report.ts";
import { memberIds, type SkipRequest, stepsToSkip } from "../../domain/skip-rules.ts";
import { audit } from "../audit.ts";
import type { Caller } from "../caller.ts";
import { announce } from "../changes/start-operation.ts";
import { callerOf, type Handlers, listOf } from "../handler.ts";
import { pageOf } from "../listing/links.ts";
import type { ApiPorts } from "../ports.ts";
import { operationStepView, operationView } from "../views/operation.ts";
import { childView, groupStepView, runView } from "../views/run.ts";

type Names = "operations.index" | "operations.show" | "operations.steps" | "operations.report" | "operations.action";

export function operationHandlers(ports: ApiPorts): Handlers<Names> {
  const { database } = ports;
  const requireOperation = async (call: OperationCall) => {
    const { id, project_id } = call.path;
    const operation: OperationRow | undefined = await findOperation(database.db, { id, projectId: project_id });
    const isSeen = operation && (!isOfSite(operation) || isSiteAdmin(ports, call));
    if (!isSeen) throw new ProtectorError("operation.not_found", `There is no operation ${id}.`);
    return operation;
  };
  return {
    "operations.index": async (call) => {
      const isWithoutSites = !isSiteAdmin(ports, call);
      const scope = { projectId: call.path.project_id, isWithoutSites };
      const { items, next, links, header } = await pageOf(
        { ...call, list: listOf(call) },
        (request) => listOperations(database.db, scope, request),
        operationView,
      );
      return {
        body: { operations: items, ...(next.length > 0 ? { operations_links: next } : {}), links },
        link: header,
      };
    },
    "operations.show": async (call) => {
      const operation = await requireOperation(call);
      if (operation.type !== "site_failover") return { body: { operation: operationView(operation) } };
      const children = await listChildren(database.db, operation.id);
      return { body: { operation: runView(operation, children) } };
    },
    "operations.steps": async (call) => {
      const operation = await requireOperation(call);
      return { body: { steps: [...(await stepsOf(database.db, operation)).steps] } };
    },
    "operations.report": async (call) => {
      const operation = await requireOperation(call);
      const { steps, children } = await stepsOf(database.db, operation);
      const { siteId } = ports.identity;
      const known = { operation, steps, groups: children.map(childView), localSiteId: siteId };
      const rows = await readReportRows(database.db, { ...known, version: ports.settings.version });
      const site = await findLocalSite(database.db);
      const signer = { identity: ports.identity, siteName: site?.name ?? siteId, now: ports.clock.now() };
      const report = signReport(reportContent(rows), signer);
      return { body: report, ...(call.wantsPage ? { page: signPage(reportPage(report), signer) } : {}) };
    },
    "operations.action": async (call) => {
      const before = await requireOperation(call);
      const caller = callerOf(call);
      const { verb, options } = verbOf(call.body);
      if (options.as !== undefined && options.reason === undefined) {
        const fields = [{ field: `${verb}.reason`, problem: "is missing: it is kept in the audit" }];
        throw new ProtectorError("request.invalid", `The request is not valid: ${verb}.reason is missing.`, {
          facts: { fields },
        });
      }
      if (call.body.skip) await requireSkippable(database.db, before, call.body.skip);
      // Stopping needs nobody's roles: it must work for whoever may ask.
      if (verb !== "cancel" && verb !== "abandon" && !isOfSite(before)) {
        await ports.trusts.ensure(caller, before.project_id, call.requestId);
      }
      const request = { operationId: before.id, projectId: before.project_id, userId: caller.userId };
      const after = await requestVerb(database, { ...request, verb, ...options });
      const event = { action: `operations.${verb}`, targetType: "operation", targetId: before.id, detail: call.body };
      await audit(ports, database.db, { call, ...event });
      const location = `/v1/${call.path.project_id}/operations/${after.id}`;
      return { body: { operation: operationView(await announce(ports, after)) }, location };
    },
  };
}

/** The journal, and the operations of the groups under it: their progress is that of the steps that wait for them. */
async function stepsOf(db: Db, operation: OperationRow) {
  const rows = await listOperationSteps(db, operation.id);
  if (operation.type !== "site_failover") return { steps: rows.map(operationStepView), children: [] };
  const children = await listChildren(db, operation.id);
  return { steps: rows.map((row) => groupStepView(row, children)), children };
}

interface OperationCall {
  readonly path: { readonly id: string; readonly project_id: string };
  readonly caller: Caller | undefined;
}

/** Whether an operation is over groups of all projects. */
function isOfSite({ type, recovery_plan_id }: OperationRow): boolean {
  return type === "site_failover" && recovery_plan_id === null;
}

/** Others of the operator's project neither see nor steer what concerns the groups of other projects. */
function isSiteAdmin(
  { policy }: ApiPorts,
  { path, caller }: Pick<OperationCall, "caller"> & { readonly path: { readonly project_id: string } },
): boolean {
  return caller !== undefined && policy.enforce(SITE_RULE, caller.credentials, { project_id: path.project_id });
}

const SITE_RULE = "protector:site_failover:create";

interface VerbOptions {
  readonly as?: "unplanned";
  readonly reason?: string;
  readonly member?: string;
  readonly step?: string;
}

/** @throws ProtectorError `operation.cannot_skip`, at once rather than when the engine looks. */
async function requireSkippable(db: Db, operation: OperationRow, wanted: SkipRequest): Promise<void> {
  const steps = (await listOperationSteps(db, operation.id)).map((row) => ({
    key: row.step_key,
    action: row.action,
    status: row.status,
    memberId: row.member_id,
    output: readOptionalJson(row.output),
  }));
  const { protection_group_id: groupId } = operation;
  stepsToSkip(steps, wanted, memberIds(groupId === null ? [] : await listMembers(db, groupId)));
}

function verbOf(body: OperationAction): { readonly verb: OperationVerb; readonly options: VerbOptions } {
  const verb = OPERATION_VERBS.find((known) => body[known] !== undefined);
  if (!verb) throw new ProtectorError("request.invalid", "The request names no verb.");
  return { verb, options: body[verb] ?? {} };
}
