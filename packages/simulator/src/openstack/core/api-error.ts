/** A refusal of an OpenStack service; every service puts it into its own body format. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  /** Neutron's exception type; other services derive their key from the status. */
  readonly type: string;

  constructor(status: number, message: string, type = "") {
    super(message);
    this.status = status;
    this.type = type;
  }
}

export const badRequest = (message: string, type?: string): ApiError => new ApiError(400, message, type);
export const forbidden = (message: string, type?: string): ApiError => new ApiError(403, message, type);
export const notFound = (message: string, type?: string): ApiError => new ApiError(404, message, type);
export const conflict = (message: string, type?: string): ApiError => new ApiError(409, message, type);

/** The 403 of Nova and Cinder for a policy rule that does not hold. */
export const policyForbids = (rule: string): ApiError => forbidden(`Policy doesn't allow ${rule} to be performed.`);
