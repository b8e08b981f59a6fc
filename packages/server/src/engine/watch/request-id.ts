import type { EnginePorts } from "../engine-ports.ts";

/** A request id for calls that no person's request caused. */
export function systemRequestId({ random }: Pick<EnginePorts, "random">): string {
  return `req-${random.uuid()}`;
}
