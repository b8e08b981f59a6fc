/** One entry of an error body. */
export interface RestFault {
  readonly context: string | null;
  readonly message: string;
}

/** A refusal with its HTTP status and the array's error body. */
export class RestError extends Error {
  override readonly name = "RestError";
  readonly status: number;
  readonly faults: readonly RestFault[];

  constructor(status: number, faults: readonly RestFault[]) {
    super(faults.map((fault) => fault.message).join("; "));
    this.status = status;
    this.faults = faults;
  }
}

/** A refusal of the request itself: HTTP 400 without an object. */
export function badRequest(message: string): RestError {
  return new RestError(400, [{ context: null, message }]);
}
