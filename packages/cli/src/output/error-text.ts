import { ApiError } from "@protector/client";
import { OutsideError } from "@protector/ports";
import { TimedOut, UsageError } from "../exit-codes.ts";
import type { Painter } from "./style.ts";

/** What failed, on which site, the code, the request id, and what to do next. */
export function errorText(error: unknown, paint: Painter): string {
  if (error instanceof ApiError) return apiErrorText(error, paint);
  if (error instanceof UsageError || error instanceof TimedOut) return `${paint("Error:", "red")} ${error.message}\n`;
  if (error instanceof OutsideError) return `${paint("Error:", "red")} ${error.message}\n`;
  const said = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `${paint("Error:", "red")} unexpected: ${said}\n`;
}

/** With a full stop, so that another sentence can follow. */
export function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

function apiErrorText(error: ApiError, paint: Painter): string {
  const { wireCode, title, fields, operationId } = error.failure;
  const lines = [`${paint("Error:", "red")} ${error.message || title}`];
  for (const { field, problem } of fields ?? []) lines.push(`  ${field}: ${problem}`);
  const facts = [`site ${error.site}`, `code ${wireCode.replace(/^protector\./, "")}`];
  // Without a request id it is an error that the client found by itself.
  if (error.requestId) facts.push(`HTTP ${error.status}`, `request ${error.requestId}`);
  if (operationId) facts.push(`operation ${operationId}`);
  lines.push(`  (${facts.join(", ")})`);
  if (error.help) lines.push(`  What to do: ${error.help}`);
  return `${lines.join("\n")}\n`;
}
