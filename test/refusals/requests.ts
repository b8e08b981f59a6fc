import type { REQUEST_ERRORS } from "../../packages/contract/src/error-catalogue-requests.ts";
import { HttpTransportError } from "../../packages/ports/src/index.ts";
import { send } from "../../packages/server/src/api/testing.ts";
import { advanceOperations } from "../two-sites/engine-stand-in.ts";
import type { Harness } from "../two-sites/harness.ts";
import { answered, apis, type Provocations, sites } from "./provocation.ts";

/** A request that the contract does not know. */
async function request(
  { sites: { a } }: Harness,
  {
    headers = {},
    ...wanted
  }: { method: "GET" | "POST" | "PATCH"; url: string; payload?: string; headers?: Record<string, string> },
) {
  const token = await a.token("demo");
  const { statusCode: status, body } = await a.app.inject({
    ...wanted,
    headers: { "x-auth-token": token, ...headers },
  });
  return answered({ status, body: JSON.parse(body) });
}

const groups = ({ sites: { a } }: Harness) => `/v1/${a.projectId}/protection-groups`;
const JSON_TYPE = { "content-type": "application/json" };

/** The list of groups, asked for in a microversion. */
const asVersion = (version: string) => (harness: Harness) =>
  request(harness, { method: "GET", url: groups(harness), headers: { "openstack-api-version": version } });

export const REQUESTS: Provocations<keyof typeof REQUEST_ERRORS> = {
  "request.invalid": apis(`pg set shop --description ${"x".repeat(3000)}`, 1, /protection_group\.description: .*\d/),
  "request.malformed": apis(
    (harness) => request(harness, { method: "POST", url: groups(harness), payload: "{", headers: JSON_TYPE }),
    400,
    "The body is not valid JSON",
  ),
  "request.too_large": apis(
    (harness) =>
      request(harness, {
        method: "POST",
        url: groups(harness),
        payload: `"${"x".repeat(2 ** 21)}"`,
        headers: JSON_TYPE,
      }),
    413,
    "The body is larger than",
  ),
  "request.not_found": apis((harness) => request(harness, { method: "GET", url: "/v2" }), 404, "/v2"),
  "request.method_not_allowed": apis(
    (harness) => request(harness, { method: "PATCH", url: groups(harness) }),
    405,
    "PATCH",
  ),
  "request.idempotency_conflict": apis(
    async (harness) => {
      harness.meanwhile = async () => {
        await advanceOperations(harness.sites.a);
        await advanceOperations(harness.sites.b);
      };
      await harness.run("failover shop --yes --wait --idempotency-key monday");
      return "reprotect shop --yes --idempotency-key monday";
    },
    3,
    "The key monday came with another request",
  ),
  "pagination.marker_not_found": apis(
    async (harness) => {
      const marker = "99999999-9999-4999-8999-999999999999";
      const url = `${groups(harness)}?marker=${marker}`;
      return request(harness, { method: "GET", url });
    },
    400,
    "99999999-9999-4999-8999-999999999999",
  ),
  "microversion.malformed": apis(asVersion("protector two"), 400, "two"),
  "microversion.unsupported": apis(asVersion("protector 1.99"), 406, "1.99"),
  "authentication.required": apis("pg list --os-password mistyped", 1, "Login at site-a failed"),
  "authentication.unavailable": apis(
    async (harness) => {
      const keystone = new URL(harness.sites.world.cloud("site-a").authUrl).origin;
      return harness.run("pg list", {
        transport: (one) => {
          if (one.url.startsWith(keystone)) throw new HttpTransportError("unreachable", "POST: ECONNREFUSED");
          return harness.transport(one);
        },
      });
    },
    6,
    "Keystone of site-a does not answer",
  ),
  "policy.not_authorized": apis("site show site-b", 1, "protector:sites:index"),
  "project.mismatch": apis(
    async ({ sites: { a } }) => {
      const path = { project_id: a.projectId };
      return answered(await send(a, "protection_groups.index", { path, token: await a.token("stranger") }));
    },
    403,
    "the URL names project",
  ),
  "trust.login_required": apis(
    async ({ sites: { a } }) => {
      await a.database.db.deleteFrom("trusts").execute();
      return "pg create first --os-username reader";
    },
    1,
    'User "reader" cannot delegate roles',
  ),
  "trust.unusable": sites(
    async ({ sites: { world } }) => {
      const refused = { error: { code: 403, title: "Forbidden", message: "the trustor has lost the role" } };
      world.conditions.inject({
        service: "site-b/keystone",
        when: ({ body }) => body.includes("OS-TRUST:trust"),
        fault: { kind: "refuse", status: 403, body: refused },
      });
      return "failover shop --dry-run";
    },
    3,
    /site-b: Nobody's delegated roles work in project/,
  ),
};
