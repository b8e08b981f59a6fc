import type { Router } from "../../http/router.ts";
import { badRequest, notFound, policyForbids } from "../core/api-error.ts";
import { accepted, type Call, noContent, ok, requireAdmin } from "../core/call.ts";
import { isObject, optionalObjectAt, optionalTextAt, textAt } from "../core/json.ts";
import type { ComputeState } from "./compute-state.ts";
import type { ServerRecord } from "./records.ts";
import {
  rebootServer,
  requireHost,
  requireUnlocked,
  shelveServer,
  startServer,
  stopServer,
  unshelveServer,
} from "./server-life.ts";
import { confirmResize, resizeServer } from "./server-resize.ts";

/** `POST /servers/{id}/action`. */
export function routeServerActions(router: Router<Call>, state: ComputeState): void {
  router.on("POST", "/servers/:id/action", (call, { id = "" }) => {
    const [action = ""] = Object.keys(call.body);
    if (!state.servers.has(id) && (action === "os-stop" || action === "os-start"))
      throw notFound(`Instance ${id} has no mapping to a cell.`);
    const server = state.requireServer(id, call.caller);
    switch (action) {
      case "lock":
        lock(server, call);
        return accepted();
      case "unlock":
        unlock(server, call);
        return accepted();
      case "os-getConsoleOutput":
        requireHost(server);
        return ok({ output: `${server.hostname} login: ` });
      case "os-resetState":
        requireAdmin(call, "os_compute_api:os-admin-actions:reset_state");
        server.vmState = optionalObjectAt(call.body, action).state === "active" ? "active" : "error";
        server.taskState = null;
        return accepted();
      default:
        requireUnlocked(server, call.caller);
        change(state, server, call);
        return action === "confirmResize" ? noContent : accepted();
    }
  });
}

function change(state: ComputeState, server: ServerRecord, call: Call): void {
  const [action = ""] = Object.keys(call.body);
  switch (action) {
    case "os-stop":
      stopServer(state, server);
      return;
    case "os-start":
      startServer(state, server);
      return;
    case "reboot":
      rebootServer(state, server, optionalObjectAt(call.body, action).type === "HARD");
      return;
    case "shelve":
      shelveServer(state, server);
      return;
    case "unshelve":
      unshelveServer(state, server);
      return;
    case "resize":
      resizeServer(state, server, textAt(optionalObjectAt(call.body, action), "flavorRef"));
      return;
    case "confirmResize":
      confirmResize(state, server);
      return;
    default:
      throw badRequest(`There is no such action: ${action}`);
  }
}

/** Who locks decides who may unlock: a token of the server's own project makes an owner's lock, even an administrator's. */
const sideOf = (server: ServerRecord, call: Call) => (call.caller.projectId === server.projectId ? "owner" : "admin");

function lock(server: ServerRecord, call: Call): void {
  const given = call.body.lock;
  const reason = isObject(given) ? optionalTextAt(given, "locked_reason") : undefined;
  if (reason !== undefined && call.version < 73) {
    throw badRequest(
      "Invalid input for field/attribute lock. Additional properties are not allowed ('locked_reason' was unexpected)",
    );
  }
  // An owner locking anew does not weaken an administrator's lock.
  if (server.lockedBy === "admin" && sideOf(server, call) === "owner") return;
  server.lockedBy = sideOf(server, call);
  server.lockedReason = reason ?? null;
}

function unlock(server: ServerRecord, call: Call): void {
  const isExpected = server.lockedBy === undefined || server.lockedBy === sideOf(server, call);
  if (!isExpected && !call.caller.isAdmin) throw policyForbids("os_compute_api:os-lock-server:unlock:unlock_override");
  server.lockedBy = undefined;
  server.lockedReason = null;
}
