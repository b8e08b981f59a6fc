import Type, { type Static } from "typebox";
import { canonicalJson } from "../canonical-json.ts";
import { OPERATION_MODES, OPERATION_STATUSES, OPERATION_TYPES } from "../states.ts";
import { Nullable, OneOf, Timestamp, Uuid } from "./common.ts";
import { ErrorItem } from "./errors.ts";
import { ChildOperation, MemberResult, OperationStep } from "./operations.ts";
import { CheckResult } from "./readiness.ts";

const Seconds = Nullable(Type.Integer());

/** A site by its id, and as it is registered where the report was made. */
const NamedSite = Type.Object({ id: Uuid, name: Type.String() });

/** What was agreed, what came of it. `is_met` is null where one of the two is not known. */
const Objective = Type.Object({
  target_seconds: Seconds,
  actual_seconds: Seconds,
  is_met: Nullable(Type.Boolean()),
});

/** How it ended. */
const Outcome = Type.Object({
  sentence: Type.String(),
  status: OneOf(OPERATION_STATUSES),
  status_reason: Nullable(Type.String()),
  error: Nullable(ErrorItem),
  is_past_no_return: Type.Boolean(),
});

/** What was run, and where. */
const Subject = Type.Object({
  id: Uuid,
  type: OneOf(OPERATION_TYPES),
  mode: Nullable(OneOf(OPERATION_MODES)),
  is_dry_run: Type.Boolean(),
  phase: Nullable(Type.String()),
  protection_group_id: Nullable(Uuid),
  protection_group_name: Type.String(),
  recovery_plan_id: Nullable(Uuid),
  parent_id: Nullable(Uuid),
  project_id: Type.String(),
  ran_at: NamedSite,
  request_id: Nullable(Type.String()),
  is_journal_here: Type.Boolean({
    description: "false: it ran at the other site, which alone has its plan, its steps and who confirmed it",
  }),
});

/** One thing that a person asked for. */
const Request = Type.Object({
  at: Timestamp,
  action: Type.String({ description: "`<noun>.<verb>`, as in the audit" }),
  user_id: Nullable(Type.String({ description: "null: the service itself" })),
  request_id: Nullable(Type.String()),
  reason: Nullable(Type.String({ description: "Typed by whoever asked" })),
  confirmed_plan: Nullable(Type.String({ description: "Digest of the plan that was shown and confirmed" })),
});

const Phase = Type.Object({
  phase: Type.String(),
  started_at: Nullable(Timestamp),
  finished_at: Nullable(Timestamp),
  duration_seconds: Nullable(Type.Number()),
  steps: Type.Integer(),
  failed_steps: Type.Integer(),
});

const Times = Type.Object({
  ordered_at: Timestamp,
  started_at: Nullable(Timestamp),
  finished_at: Nullable(Timestamp),
  duration_seconds: Seconds,
  expected_seconds: Seconds,
  phases: Type.Array(Phase),
});

/** What servers were recovered from. */
const UsedPoint = Type.Object({
  name: Type.String(),
  cut_at: Nullable({ ...Timestamp, description: "null: the array keeps it no longer" }),
  proven_at: Nullable(Timestamp),
});

/** How what a test made was deleted again. */
const Cleanup = Type.Object({
  operation_id: Uuid,
  status: OneOf(OPERATION_STATUSES),
  finished_at: Nullable(Timestamp),
  is_empty: Type.Boolean({ description: "Seen to be empty on the clouds and the array" }),
  leftovers: Type.Array(Type.Object({ subject: Type.String(), reason: Type.String() })),
});

/** Everything that a report says of an operation. */
export const ReportContent = Type.Object({
  outcome: Outcome,
  operation: Subject,
  requests: Type.Array(Request),
  times: Times,
  recovery_point: Nullable(UsedPoint),
  rpo: Objective,
  rto: Objective,
  data_loss_seconds: Seconds,
  servers: Type.Array(MemberResult),
  groups: Type.Array(ChildOperation, { description: "Of a site failover: the operation of each group" }),
  findings: Type.Array(CheckResult, { description: "Blockers and warnings of the plan, when it began" }),
  plan_digest: Nullable(Type.String()),
  steps: Type.Array(OperationStep),
  leftovers: Type.Array(Type.Object({ subject: Type.String(), reason: Type.String() })),
  cleanup: Nullable(Cleanup),
  versions: Type.Object({ protector: Type.String(), api: Type.String() }),
});
export type ReportContent = Static<typeof ReportContent>;

/**
 * A report of an operation, signed by the site that made it. The signature is over everything but `content` and itself;
 * `digests` holds what binds the content: the SHA-256 of the canonical JSON of each of its parts.
 */
export const OperationReport = Type.Object({
  format: Type.Literal(1),
  signed_by: NamedSite,
  issued_at: Timestamp,
  digests: Type.Record(Type.String(), Type.String({ pattern: "^[0-9a-f]{64}$" })),
  content: ReportContent,
  signature: Type.String({ description: "Ed25519, base64" }),
});
export type OperationReport = Static<typeof OperationReport>;

/** The texts whose digests a report holds, by the part of the content. */
export function reportParts(content: object): ReadonlyMap<string, string> {
  return new Map(Object.entries(content).map(([part, value]) => [part, canonicalJson(value)]));
}

/** The text that the signature of a report is over. */
export function signedReportText(report: object): string {
  return canonicalJson({ ...report, content: undefined, signature: undefined });
}

/** Who signed a page: site and signature. */
export interface PageSeal {
  readonly siteId: string;
  readonly signature: string;
}

/** The text that the signature of a page is over: the page, and who signs it. */
export function signedPageText(page: string, siteId: string): string {
  return `${page}<!-- protector-report-signature ${siteId} `;
}

/** The page with the signature of {@link signedPageText} at its end. */
export function sealedPage(page: string, { siteId, signature }: PageSeal): string {
  return `${signedPageText(page, siteId)}${signature} -->\n`;
}

const SEAL = /<!-- protector-report-signature (\S+) (\S+) -->\n?$/;

/** A page and who signed it; undefined when there is no signature at its end. */
export function openPage(sealed: string): (PageSeal & { readonly page: string }) | undefined {
  const match = SEAL.exec(sealed);
  if (match?.[1] === undefined || match[2] === undefined) return undefined;
  return { page: sealed.slice(0, match.index), siteId: match[1], signature: match[2] };
}
