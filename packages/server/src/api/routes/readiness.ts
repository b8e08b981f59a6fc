import type { ReadinessFinding } from "@protector/contract";
import { isoTime, isoTimeOrNull, readJson, writeTime } from "../../db/codecs.ts";
import { updateProtectionGroup } from "../../db/repositories/protection-groups.ts";
import { listReadinessFindings, type ReadinessFindingRow } from "../../db/repositories/readiness-findings.ts";
import { requireGroup } from "../../domain/group-guards.ts";
import { type Handlers, listOf } from "../handler.ts";
import { pageOf } from "../listing/links.ts";
import type { ApiPorts } from "../ports.ts";

type Names = "readiness.show" | "readiness.check" | "readiness.findings";

/** Whether a group could fail over now, and what stood in the way when. */
export function readinessHandlers({ database, clock }: ApiPorts): Handlers<Names> {
  return {
    "readiness.show": async ({ path }) => {
      const group = await requireGroup(database.db, path);
      return { body: { readiness: readJson(group.readiness) } };
    },
    "readiness.check": async ({ path }) => {
      const group = await requireGroup(database.db, path);
      const changes = { readiness_requested_at: writeTime(clock.now()) };
      await updateProtectionGroup(database.db, { id: group.id, changes });
      return { body: { readiness: readJson(group.readiness) } };
    },
    "readiness.findings": async (call) => {
      const group = await requireGroup(database.db, call.path);
      const { items, next, links, header } = await pageOf(
        { ...call, list: listOf(call) },
        (request) => listReadinessFindings(database.db, group.id, request),
        findingOf,
      );
      return { body: { findings: items, ...(next.length > 0 ? { findings_links: next } : {}), links }, link: header };
    },
  };
}

function findingOf({
  id,
  check_name,
  severity,
  subject,
  reason,
  remedy,
  ...row
}: ReadinessFindingRow): ReadinessFinding {
  const times = { found_at: isoTime(row.found_at), gone_at: isoTimeOrNull(row.gone_at) };
  return { id, check: check_name, severity, subject, reason, remedy, ...times };
}
