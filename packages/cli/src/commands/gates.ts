import type { ReadinessGate } from "@protector/contract";
import { UsageError } from "../exit-codes.ts";

/** s that a gate may stay closed when nobody says otherwise. */
const USUAL_TIMEOUT = 600;

/**
 * A gate as people write it: `active`, `console:TEXT`, `tcp:PORT`, `http:PORT/PATH`, `https:PORT/PATH`, `webhook:https://…`.
 * @returns null for `active`. @throws UsageError
 */
export function readGate(text: string, timeoutSeconds = USUAL_TIMEOUT): ReadinessGate | null {
  if (text === "active") return null;
  const [, kind, rest = ""] = /^(console|tcp|https?|webhook):(.+)$/.exec(text) ?? [];
  const timeout_seconds = timeoutSeconds;
  if (kind === "console") return { kind, text: rest, timeout_seconds };
  if (kind === "webhook" && rest.startsWith("https://")) return { kind, url: rest, timeout_seconds };
  const [, port, path = "/"] = /^([0-9]{1,5})(\/.*)?$/.exec(rest) ?? [];
  if (port !== undefined && kind === "tcp" && path === "/") return { kind, port: Number(port), timeout_seconds };
  if (port !== undefined && (kind === "http" || kind === "https")) {
    return { kind: "http", scheme: kind, port: Number(port), path, timeout_seconds };
  }
  throw new UsageError(
    "--gate knows: active, console:TEXT, tcp:PORT, http:PORT/PATH, https:PORT/PATH, webhook:https://…",
  );
}

/** The same, from a member. */
export function gateText(gate: ReadinessGate): string {
  const within = ` within ${gate.timeout_seconds} s`;
  switch (gate.kind) {
    case "console":
      return `console:${gate.text}${within}`;
    case "webhook":
      return `webhook:${gate.url}${within}`;
    case "tcp":
      return `tcp:${gate.port}${within}`;
    case "http":
      return `${gate.scheme}:${gate.port}${gate.path}${within}`;
  }
}
