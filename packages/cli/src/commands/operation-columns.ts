import type { PlacedOperation, RunningOperation } from "@protector/client";
import type { Operation, Plan } from "@protector/contract";
import type { Column } from "../output/column.ts";
import { durationText } from "../output/duration.ts";

/** An operation as it is shown. */
export function placed({ client, site }: RunningOperation, operation: Operation): PlacedOperation {
  return { ...operation, site: site ?? client.name };
}

type Child = NonNullable<Operation["children"]>[number];

const seconds = (value: number | null) => (value === null ? null : durationText(value));

/** One operation. */
export const OPERATION_COLUMNS: readonly Column<PlacedOperation>[] = [
  { name: "id" },
  { name: "type" },
  { name: "mode" },
  { name: "is_dry_run" },
  { name: "status" },
  { name: "status_reason" },
  { name: "error", cell: ({ error }) => (error ? `${error.detail} (${error.code})` : null) },
  { name: "protection_group", cell: (operation) => operation.protection_group_name },
  { name: "parent_id" },
  { name: "displaced_by" },
  { name: "site" },
  { name: "phase" },
  { name: "progress", cell: ({ progress }) => `${Math.floor(progress * 100)} %` },
  { name: "is_past_no_return" },
  { name: "recovery_point" },
  { name: "data_loss", cell: (operation) => seconds(operation.data_loss_seconds) },
  { name: "downtime", cell: (operation) => seconds(operation.downtime_seconds) },
  { name: "members", cell: ({ members }) => members.map(memberText).join("\n") },
  { name: "groups", cell: ({ children }) => (children ?? []).map(childText).join("\n") },
  { name: "leftovers", cell: ({ leftovers }) => leftovers.map((one) => `${one.subject}: ${one.reason}`).join("\n") },
  { name: "verbs", cell: ({ verbs }) => verbs.join(", ") },
  { name: "request_id" },
  { name: "gives_up_at", isTime: true },
  { name: "created_at", isTime: true },
  { name: "started_at", isTime: true },
  { name: "finished_at", isTime: true },
];

/** One line per operation. */
export const OPERATION_LIST: readonly Column<PlacedOperation>[] = [
  { name: "id" },
  { name: "type" },
  { name: "mode", isMinor: true },
  { name: "is_dry_run" },
  { name: "status" },
  { name: "protection_group", cell: (operation) => operation.protection_group_name },
  { name: "site", isMinor: true },
  { name: "progress", cell: ({ progress }) => `${Math.floor(progress * 100)} %`, isMinor: true },
  { name: "created_at", isTime: true, isMinor: true },
  { name: "finished_at", isTime: true, isMinor: true },
];

/** What an operation would do. */
export const PLAN_COLUMNS: readonly Column<Plan>[] = [
  { name: "digest" },
  { name: "steps", cell: ({ steps }) => steps.length },
  { name: "recovery_point" },
  { name: "expected_data_loss", cell: (plan) => seconds(plan.expected_data_loss_seconds) },
  { name: "expected_duration", cell: (plan) => seconds(plan.expected_duration_seconds) },
  { name: "prediction_error_percent", cell: (plan) => plan.duration_forecast?.error_percent },
  { name: "blockers", cell: ({ blockers }) => blockers.map(checkText).join("\n") },
  { name: "warnings", cell: ({ warnings }) => warnings.map(checkText).join("\n") },
];

function checkText({ subject, reason }: Plan["blockers"][number]): string {
  return `${subject}: ${reason}`;
}

function childText({
  id,
  protection_group_name: name,
  status,
  progress,
  downtime_seconds: down,
  error,
}: Child): string {
  const facts = [
    `${name}: ${status}`,
    status === "running" ? `${Math.floor(progress * 100)} %` : "",
    down === null ? "" : `down for ${durationText(down)}`,
    error ? error.detail : "",
    `operation ${id}`,
  ];
  return facts.filter(Boolean).join(", ");
}

function memberText({
  name,
  status,
  server_id,
  addresses,
  downtime_seconds,
  error,
}: Operation["members"][number]): string {
  const facts = [
    `${name}: ${status}`,
    server_id ? `server ${server_id}` : "",
    addresses.join(" "),
    downtime_seconds === null
      ? ""
      : `${status === "tested" ? "up after" : "down for"} ${durationText(downtime_seconds)}`,
    error ? error.detail : "",
  ];
  return facts.filter(Boolean).join(", ");
}
