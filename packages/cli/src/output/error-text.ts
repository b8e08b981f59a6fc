import { ApiError } from "@protector/client";
import { OutsideError } from "@protector/ports";
import { TimedOut, UsageError } from "../exit-codes.ts";
import { wrapIndented } from "./fit.ts";
import type { Painter } from "./style.ts";

/**
 * What failed, on which site, the code, the request id, and what to do next.
 * @param width of the terminal in cells; undefined = not a terminal.
 */
export function errorText(error: unknown, paint: Painter, width?: number): string {
  const text = wrapIndented(`Error: ${plainText(error)}`, width);
  return `${text.replace(/^Error:/, paint("Error:", "red"))}\n`;
}

function plainText(error: unknown): string {
  if (error instanceof ApiError) return apiErrorText(error);
  const isForPeople = error instanceof UsageError || error instanceof TimedOut || error instanceof OutsideError;
  if (isForPeople) return error.message;
  return `unexpected: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
}

/** With a full stop, so that another sentence can follow. */
export function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

function apiErrorText(error: ApiError): string {
  const { wireCode, title, fields, operationId } = error.failure;
  const lines = [error.message || title];
  for (const { field, problem } of fields ?? []) lines.push(`  ${field}: ${problem}`);
  const facts = [`site ${error.site}`, `code ${wireCode.replace(/^protector\./, "")}`];
  // Without a request id it is an error that the client found by itself.
  if (error.requestId) facts.push(`HTTP ${error.status}`, `request ${error.requestId}`);
  if (operationId) facts.push(`operation ${operationId}`);
  lines.push(`  (${facts.join(", ")})`);
  if (error.help) lines.push(`  What to do: ${error.help}`);
  return lines.join("\n");
}
