import Type, { type Static } from "typebox";
import { OneOf, Strict } from "./common.ts";
import { HookUrl } from "./hooks.ts";

const TimeoutSeconds = Type.Integer({ minimum: 10, maximum: 14_400, description: "Longest wait after ACTIVE, s" });
const Port = Type.Integer({ minimum: 1, maximum: 65_535 });

/**
 * When a recovered server counts as ready, so that what depends on it may start. Without a gate that is when Nova says
 * ACTIVE. `tcp` and `http` are probed from the engine of the site it is recovered at, on a floating IP or on a network
 * mapped as `reachable_network`; a `webhook` is asked, signed as hooks are, until it answers 2xx.
 */
export const ReadinessGate = Type.Union([
  Strict({
    kind: Type.Literal("console"),
    text: Type.String({ minLength: 1, maxLength: 200, description: "Part of a line of the console log" }),
    timeout_seconds: TimeoutSeconds,
  }),
  Strict({ kind: Type.Literal("tcp"), port: Port, timeout_seconds: TimeoutSeconds }),
  Strict({
    kind: Type.Literal("http"),
    scheme: OneOf(["http", "https"] as const),
    port: Port,
    path: Type.String({
      minLength: 1,
      maxLength: 500,
      pattern: "^/[!-~]*$",
      description: "Answers 2xx or 3xx when ready",
    }),
    timeout_seconds: TimeoutSeconds,
  }),
  Strict({ kind: Type.Literal("webhook"), url: HookUrl, timeout_seconds: TimeoutSeconds }),
]);
export type ReadinessGate = Static<typeof ReadinessGate>;
