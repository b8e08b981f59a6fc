import type { OperationStatus } from "@protector/contract";
import { readJson, writeJson } from "../../db/codecs.ts";
import type { OperationWrite } from "../runner/journal.ts";
import type { GroupStep } from "./group-step.ts";
import type { Look } from "./look.ts";
import { wayOutOfRun } from "./silent-site.ts";

/** Most names that a reason lists. */
const MOST_NAMED = 10;

/** How a run whose every step has ended comes to its end. Pure. @param localSiteId where it runs. */
export function runEnd(
  { operation, steps, children }: Pick<Look, "operation" | "steps" | "children">,
  localSiteId: string,
): OperationWrite {
  const failed = steps.filter(({ status }) => status === "failed");
  const held = steps.filter(({ status }) => status === "skipped");
  const partial = steps.filter(({ isPartial }) => isPartial);
  const done = steps.filter(({ status }) => status === "completed");
  const own = [...children.values()];
  const losses = own.flatMap(({ data_loss_seconds }) => data_loss_seconds ?? []);
  const downtimes = own.flatMap(({ downtime_seconds }) => downtime_seconds ?? []);
  const isClean = failed.length + held.length + partial.length === 0;
  const count = new Set(steps.map(({ groupId }) => groupId)).size;
  const reason = [
    part(failed, count, "failed"),
    part(partial, count, "completed with errors"),
    part(held, count, "held"),
  ].filter(Boolean);
  const way = failed.map(({ error }) => wayOutOfRun(operation, error, localSiteId)).find((each) => each !== undefined);
  return {
    status: statusOf({ isClean, isAnyDone: done.length > 0 }),
    status_reason: isClean ? null : `${reason.join("; ")}${way === undefined ? "" : `. ${way}`}`,
    error: failed[0]?.error && done.length === 0 ? writeJson(failed[0].error) : null,
    progress: isClean ? 1 : done.length / steps.length,
    data_loss_seconds: losses.length === 0 ? null : Math.max(...losses),
    downtime_seconds: downtimes.length === 0 ? null : Math.max(...downtimes),
    leftovers: writeJson(
      own.flatMap((child) =>
        readJson(child.leftovers).map((left) => ({
          ...left,
          subject: `group "${child.protection_group_name}", ${left.subject}`,
        })),
      ),
    ),
  };
}

function statusOf({ isClean, isAnyDone }: { readonly isClean: boolean; readonly isAnyDone: boolean }): OperationStatus {
  if (isClean) return "completed";
  return isAnyDone ? "completed_with_errors" : "failed";
}

function part(steps: readonly GroupStep[], of: number, what: string): string {
  if (steps.length === 0) return "";
  return `${steps.length} of ${of} groups ${what}: ${namesOf(steps)}`;
}

/** Groups by name, the first ones with why; those of one reason together. */
export function namesOf(steps: readonly GroupStep[]): string {
  const byReason = Map.groupBy(steps.slice(0, MOST_NAMED), ({ message }) => message?.replace(/\.$/, "") ?? "");
  const named = [...byReason].map(([why, those]) => {
    const names = those.map(({ name }) => `"${name}"`).join(", ");
    return why === "" ? names : `${names} (${why})`;
  });
  const more = steps.length > MOST_NAMED ? ` and ${steps.length - MOST_NAMED} more` : "";
  return `${named.join(", ")}${more}`;
}
