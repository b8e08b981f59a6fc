import { ProtectorError } from "@protector/contract";
import type { FastifyRequest } from "fastify";

/** A page loads nothing and runs nothing, whatever names of servers hold. */
export const PAGE_HEADERS = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
  "x-content-type-options": "nosniff",
  "cache-control": "no-store",
} as const;

/**
 * Whether the caller asks for a page: `?format=` decides, else whether `Accept` names HTML.
 * @throws ProtectorError `request.invalid`.
 */
export function wantsPage(request: Pick<FastifyRequest, "query" | "headers">): boolean {
  const { format } = request.query as { readonly format?: unknown };
  if (format === undefined) return request.headers.accept?.includes("text/html") ?? false;
  if (format === "html" || format === "json") return format === "html";
  throw new ProtectorError("request.invalid", "The query is not valid: format knows json and html.", {
    facts: { fields: [{ field: "format", problem: "must be json or html" }] },
  });
}
