import { OutsideError } from "@protector/ports";

export const MOCK_SERVICE = "mock";

/** A refusal of a mock array: nothing was changed. */
export function refuse(
  call: string,
  detail: string,
  failureClass: OutsideError["failure"]["failureClass"] = "final",
  cause?: unknown,
): OutsideError {
  return new OutsideError(
    {
      service: MOCK_SERVICE,
      call,
      status: undefined,
      detail,
      remoteRequestId: undefined,
      failureClass,
      effect: "none",
    },
    cause === undefined ? {} : { cause },
  );
}
