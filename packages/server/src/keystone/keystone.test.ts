import { describe, expect, test } from "vitest";
import { loadConfig } from "../config/index.ts";
import { mayCall } from "./access-rules.ts";
import { withoutIdentityHeaders } from "./identity-headers.ts";
import { policyCredentials } from "./policy-credentials.ts";
import { unauthorizedAnswer } from "./refusal.ts";
import { serviceCloudOptions } from "./service-session.ts";
import type { ValidToken } from "./token-cache.ts";

describe("access rules", () => {
  const allows = (path: string, asked: string, method = "GET") =>
    mayCall(
      { id: "ac", isRestricted: true, accessRules: [{ service: "protector", method, path }] },
      { method: "GET", path: asked },
      "protector",
    );

  test.each<[string, string, boolean]>([
    ["/v1/p/members", "/v1/p/members", true],
    ["/v1/p/members", "/v1/p/members/1", false],
    ["/v1/*/members", "/v1/p/members", true],
    ["/v1/*/members", "/v1/p/q/members", false],
    ["/v1/{project_id}/members", "/v1/p/members", true],
    ["/v1/**", "/v1/p/q/members", true],
    ["/v1.0", "/v1x0", false],
  ])("%s for %s: %s", (path, asked, expected) => {
    expect(allows(path, asked)).toBe(expected);
  });

  test("are for a method and a service, and an empty list allows nothing", () => {
    expect(allows("/v1/**", "/v1/p", "POST")).toBe(false);
    const request = { method: "GET", path: "/v1" };
    expect(mayCall({ id: "ac", isRestricted: true, accessRules: [] }, request, "protector")).toBe(false);
    expect(mayCall({ id: "ac", isRestricted: true, accessRules: undefined }, request, "protector")).toBe(true);
    const foreign = { service: "compute", method: "GET", path: "/v1" };
    expect(mayCall({ id: "ac", isRestricted: true, accessRules: [foreign] }, request, "protector")).toBe(false);
  });
});

test("headers that claim an identity are dropped, all others kept", () => {
  const claimed = [
    "x-user-id",
    "x-user",
    "x-roles",
    "x-role",
    "x-project-id",
    "x-project-domain-name",
    "x-tenant",
    "x-service-user-id",
    "x-service-roles",
    "x-identity-status",
    "x-is-admin-project",
    "openstack-system-scope",
  ];
  const kept = [
    "x-auth-token",
    "x-service-token",
    "x-openstack-request-id",
    "accept",
    "x-user-agent",
    "x-forwarded-for",
  ];
  const headers = Object.fromEntries([...claimed, ...kept].map((name) => [name, "v"]));
  expect(Object.keys(withoutIdentityHeaders(headers))).toEqual(kept);
});

test("a refusal has keystonemiddleware's form", () => {
  expect(unauthorizedAnswer("http://controller:5000")).toEqual({
    status: 401,
    headers: { "www-authenticate": 'Keystone uri="http://controller:5000"' },
    body: {
      error: { code: 401, title: "Unauthorized", message: "The request you have made requires authentication." },
    },
  });
});

test("credentials of the policy have no name for what a token lacks", () => {
  const token: ValidToken = {
    userId: "u",
    userName: "demo",
    userDomainId: "default",
    passwordExpiresAt: undefined,
    projectId: undefined,
    projectName: undefined,
    projectDomainId: undefined,
    isSystemScoped: true,
    roles: ["admin"],
    methods: [],
    expiresAt: "",
    issuedAt: "",
    trustId: undefined,
    applicationCredential: undefined,
  };
  expect(policyCredentials(token)).toEqual({
    user_id: "u",
    user_name: "demo",
    user_domain_id: "default",
    roles: ["admin"],
    system_scope: "all",
  });
});

describe("the service session", () => {
  const load = (text: string) =>
    loadConfig({ files: ["f"], env: {}, read: () => `[keystone_authtoken]\n${text}` }).config;

  test("follows [keystone_authtoken]", () => {
    expect(serviceCloudOptions(load("auth_url = http://k:5000\npassword = p\nregion_name = R\n"))).toEqual({
      authUrl: "http://k:5000",
      credential: {
        kind: "password",
        username: "protector",
        password: "p",
        userDomainName: "Default",
        scope: { kind: "project", projectName: "service", projectDomainName: "Default" },
      },
      interface: "internal",
      region: "R",
      timeoutMs: 60_000,
      tries: 4,
      tls: { insecure: false },
    });
  });

  test("says which option is missing", () => {
    expect(() => serviceCloudOptions(load("password = p\n"))).toThrow("[keystone_authtoken] auth_url is not set");
    expect(() => serviceCloudOptions(load("auth_url = http://k\n"))).toThrow(
      "[keystone_authtoken] password is not set",
    );
  });
});
