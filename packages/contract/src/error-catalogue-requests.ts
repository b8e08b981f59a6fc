import type { ErrorCatalogueEntries } from "./error-catalogue-entry.ts";

/** Errors of a request as such: its form, its version, who sends it. */
export const REQUEST_ERRORS = {
  "request.invalid": {
    status: 400,
    title: "Invalid request",
    help: "Correct the named fields and send the request again.",
  },
  "request.malformed": {
    status: 400,
    title: "Malformed request",
    help: "Send a body that is valid JSON with Content-Type application/json.",
  },
  "request.too_large": {
    status: 413,
    title: "Request too large",
    help: "Send less at once, or raise [oslo_middleware] max_request_body_size.",
  },
  "request.not_found": {
    status: 404,
    title: "No such path",
    help: "See GET /openapi.json for the paths of this service.",
  },
  "request.method_not_allowed": {
    status: 405,
    title: "Method not allowed",
    help: "See GET /openapi.json for the methods of this path.",
  },
  "request.idempotency_conflict": {
    status: 409,
    title: "Idempotency key already used",
    help: "Use a new Idempotency-Key for a different request.",
  },
  "pagination.marker_not_found": {
    status: 400,
    title: "Page marker not found",
    help: "The object the page starts after is gone. List again from the first page.",
  },
  "microversion.malformed": {
    status: 400,
    title: "Malformed microversion",
    help: "Send OpenStack-API-Version: protector X.Y, or leave the header out.",
  },
  "microversion.unsupported": {
    status: 406,
    title: "Unsupported microversion",
    help: "Use a version between min_version and max_version of GET /.",
  },
  "authentication.required": {
    status: 401,
    title: "Unauthorized",
    help: "Get a new token from Keystone and send it as X-Auth-Token.",
  },
  "authentication.unavailable": {
    status: 503,
    title: "Keystone unavailable",
    help: "Keystone did not answer. Check that it runs and that [keystone_authtoken] auth_url is right.",
  },
  "policy.not_authorized": {
    status: 403,
    title: "Not authorized",
    help: "Ask an administrator for the role that the named policy rule wants.",
  },
  "project.mismatch": {
    status: 403,
    title: "Token of another project",
    help: "Use a token of the project in the URL.",
  },
  "trust.login_required": {
    status: 403,
    title: "Login with password or token required",
    help: "This login cannot delegate roles to Protector. Log in once with your password (not an application credential) and repeat the command.",
  },
  "trust.unusable": {
    status: 409,
    title: "Delegated roles do not work",
    help: "The user who protected this group has lost the roles or is disabled. Have a current member of the project run any changing command on the group.",
  },
} as const satisfies ErrorCatalogueEntries;
