import { OPERATION_VERBS, type OperationAction, type OperationVerb, ProtectorError } from "@protector/contract";
import { requestVerb } from "../../db/repositories/operation-requests.ts";
import {
  findOperation,
  listOperationSteps,
  listOperations,
  type OperationRow,
} from "../../db/repositories/operations.ts";
import { audit } from "../audit.ts";
import { announce } from "../changes/start-operation.ts";
import { callerOf, type Handlers, listOf } from "../handler.ts";
import { pageOf } from "../listing/links.ts";
import type { ApiPorts } from "../ports.ts";
import { operationStepView, operationView } from "../views/operation.ts";

type Names = "operations.index" | "operations.show" | "operations.steps" | "operations.action";

export function operationHandlers(ports: ApiPorts): Handlers<Names> {
  const { database } = ports;
  const requireOperation = async ({ id, project_id }: { readonly id: string; readonly project_id: string }) => {
    const operation: OperationRow | undefined = await findOperation(database.db, { id, projectId: project_id });
    if (!operation) throw new ProtectorError("operation.not_found", `There is no operation ${id}.`);
    return operation;
  };
  return {
    "operations.index": async (call) => {
      const scope = { projectId: call.path.project_id };
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
    "operations.show": async ({ path }) => ({ body: { operation: operationView(await requireOperation(path)) } }),
    "operations.steps": async ({ path }) => {
      const operation = await requireOperation(path);
      return { body: { steps: (await listOperationSteps(database.db, operation.id)).map(operationStepView) } };
    },
    "operations.action": async (call) => {
      const before = await requireOperation(call.path);
      const caller = callerOf(call);
      const { verb, options } = verbOf(call.body);
      if (options.as !== undefined && options.reason === undefined) {
        const fields = [{ field: `${verb}.reason`, problem: "is missing: it is kept in the audit" }];
        throw new ProtectorError("request.invalid", `The request is not valid: ${verb}.reason is missing.`, {
          facts: { fields },
        });
      }
      // Stopping needs nobody's roles: it must work for whoever may ask.
      if (verb !== "cancel" && verb !== "abandon") {
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

interface VerbOptions {
  readonly as?: "unplanned";
  readonly reason?: string;
}

function verbOf(body: OperationAction): { readonly verb: OperationVerb; readonly options: VerbOptions } {
  const verb = OPERATION_VERBS.find((known) => body[known] !== undefined);
  if (!verb) throw new ProtectorError("request.invalid", "The request names no verb.");
  return { verb, options: body[verb] ?? {} };
}
