import type { JournaledStep } from "./operation-store.ts";

/** Most failed steps that a reason names. */
const MOST_NAMED = 3;

/** Whether a step says that a member's server is up: it was seen as planned, or had never left and runs again. */
const SEES_SERVER = /^(verify|back)\./;

/** In one line: whether every server is up, and what could not be done. */
export function whatFailed(steps: readonly JournaledStep[]): string {
  const seen = steps.filter(({ key, memberId }) => memberId !== null && SEES_SERVER.test(key));
  const up = seen.filter(({ status }) => status === "completed");
  const failed = steps.filter(({ status }) => status === "failed");
  const named = failed
    .slice(0, MOST_NAMED)
    .map(({ title, error }) => (error ? `${title} (${error.detail.replace(/\.$/, "")})` : title));
  const more = failed.length > MOST_NAMED ? `; and ${failed.length - MOST_NAMED} more` : "";
  const servers = up.length === seen.length ? "all servers are up" : `${up.length} of ${seen.length} servers are up`;
  return `${seen.length === 0 ? "" : `${servers}; `}failed: ${named.join("; ")}${more}`;
}
