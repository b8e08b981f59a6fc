import type { FailureClass } from "@protector/ports";

/**
 * What a refusal means. REST 2 has no machine-readable error codes: clients go by parts of the message, which may change
 * between releases. What is not in the table is `unknown`: a hard stop with the array's own text.
 */
export type Refusal =
  | "missing"
  | "destroyed"
  | "exists"
  | "already_member"
  | "already_target"
  | "already_allowed"
  | "arrays_not_connected"
  | "in_use"
  | "still_connected"
  | "limit_reached"
  | "eradication_disabled"
  | "unknown";

interface Known {
  readonly part: string;
  readonly refusal: Refusal;
}

/** In order: the first part that the message contains decides. Matched without regard to case. */
const KNOWN: readonly Known[] = [
  { part: "has been destroyed", refusal: "destroyed" },
  { part: "does not exist", refusal: "missing" },
  { part: "no such volume or snapshot", refusal: "missing" },
  { part: "could not be found", refusal: "missing" },
  { part: "already exists", refusal: "exists" },
  { part: "already belongs to", refusal: "already_member" },
  { part: "already includes", refusal: "already_target" },
  { part: "already allowed on", refusal: "already_allowed" },
  { part: "is not connected", refusal: "arrays_not_connected" },
  { part: "already in use", refusal: "in_use" },
  { part: "cannot be deleted due to existing connections", refusal: "still_connected" },
  { part: "limit reached", refusal: "limit_reached" },
  { part: "eradication is disabled", refusal: "eradication_disabled" },
];

/** What the first message of an error body that the table knows means. */
export function classify(messages: readonly string[]): Refusal {
  for (const message of messages) {
    const text = message.toLowerCase();
    const known = KNOWN.find(({ part }) => text.includes(part));
    if (known) return known.refusal;
  }
  return "unknown";
}

/** What a refusal of that meaning asks for. */
export function failureClassOf(refusal: Refusal): FailureClass {
  switch (refusal) {
    case "arrays_not_connected":
    case "limit_reached":
    case "eradication_disabled":
      return "needs_operator";
    case "missing":
    case "destroyed":
    case "exists":
    case "already_member":
    case "already_target":
    case "already_allowed":
    case "in_use":
    case "still_connected":
    case "unknown":
      return "final";
  }
}
