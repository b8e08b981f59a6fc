import { MAX_MICROVERSION, MIN_MICROVERSION, ProtectorError, toErrorItem } from "@protector/contract";
import { DatabaseUnavailableError } from "../../db/unavailable.ts";

/** An error as one of the catalogue. What is not is `internal`: its own words stay in the log. */
export function toProtectorError(error: unknown): ProtectorError {
  if (error instanceof ProtectorError) return error;
  if (error instanceof DatabaseUnavailableError) {
    return new ProtectorError("database.unavailable", "The database of this site does not answer.", { cause: error });
  }
  return frameworkError(error) ?? new ProtectorError("internal", "The request failed.", { cause: error });
}

/** Body in the form of the API-SIG; for an unsupported version with the range that is supported. */
export function errorBody(error: ProtectorError, requestId: string): object {
  const item = toErrorItem(error, requestId);
  if (error.code !== "microversion.unsupported") return { errors: [item] };
  return { errors: [{ ...item, min_version: MIN_MICROVERSION, max_version: MAX_MICROVERSION }] };
}

/** Errors that Fastify finds before a route runs. */
function frameworkError(error: unknown): ProtectorError | undefined {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  switch (code) {
    case "FST_ERR_CTP_BODY_TOO_LARGE":
      return new ProtectorError("request.too_large", "The body is larger than this path accepts.");
    case "FST_ERR_CTP_INVALID_MEDIA_TYPE":
    case "FST_ERR_CTP_INVALID_CONTENT_LENGTH":
    case "FST_ERR_CTP_INVALID_JSON_BODY":
      return new ProtectorError("request.malformed", "The body is not JSON with Content-Type application/json.");
    case "FST_ERR_BAD_URL":
    case "FST_ERR_MAX_PARAM_LENGTH":
      return new ProtectorError("request.not_found", "The path is not one of this service.");
    default:
      return undefined;
  }
}
