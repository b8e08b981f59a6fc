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
    help: "Look at the operation that the key has started: protector operation show ID. For another one use a new key.",
  },
  "pagination.marker_not_found": {
    status: 400,
    title: "Page marker not found",
    help: "The row that the page starts after is gone, or is of another list. List again without --marker.",
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
    help: "Check user name, password and project of the login (clouds.yaml, OS_*); protector doctor looks at both. A program gets a new token from Keystone and sends it as X-Auth-Token.",
  },
  "authentication.unavailable": {
    status: 503,
    title: "Keystone unavailable",
    help: "Check that the site's Keystone runs and is reached from here; when the service itself says this: [keystone_authtoken] auth_url of protector.conf. Then repeat.",
  },
  "policy.not_authorized": {
    status: 403,
    title: "Not authorized",
    help: "Ask an administrator for a role that the named policy rule wants; docs/policy.md lists the rules.",
  },
  "project.mismatch": {
    status: 403,
    title: "Token of another project",
    help: "Log in to the project that is meant: project_name in clouds.yaml, or OS_PROJECT_NAME. A program uses the project of its token in the URL.",
  },
  "trust.login_required": {
    status: 403,
    title: "Login with password or token required",
    help: "This login cannot delegate roles to Protector. Repeat the command once logged in with the password (not with an application credential) of a user who has one of the roles.",
  },
  "trust.unusable": {
    status: 409,
    title: "Delegated roles do not work",
    help: "Who protected the group has lost the roles or is disabled. Have a present member of the project run a changing command on the group, such as: protector protection-group replicate GROUP",
  },
} as const satisfies ErrorCatalogueEntries;
