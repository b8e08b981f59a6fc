import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { ERROR_CATALOGUE } from "./error-catalogue.ts";
import { openApiDocument } from "./openapi.ts";
import type { Route } from "./routes/route.ts";
import { pathOf, ROUTES } from "./routes.ts";

const routes = Object.entries(ROUTES) as [string, Route][];

describe("the route table", () => {
  it("has each method of each path once", () => {
    const seen = routes.map(([, { method, path }]) => `${method} ${path}`);
    expect(new Set(seen).size).toBe(seen.length);
  });

  it("names only errors of the catalogue", () => {
    const unknown = routes.flatMap(([, { errors }]) => errors).filter((code) => !(code in ERROR_CATALOGUE));
    expect(unknown).toEqual([]);
  });

  it("names a policy rule wherever a token is needed", () => {
    for (const [name, { rule, path }] of routes) {
      if (path.startsWith("/v1/")) expect(rule, name).toMatch(/^protector:[a-z_]+:[a-z_]+$/);
    }
  });

  it("takes a body where it changes something with one, and answers with one unless the status is 204", () => {
    for (const [name, { method, status, request, response }] of routes) {
      expect(response === null, name).toBe(status === 204);
      if (method === "PUT" || method === "PATCH") expect(request, name).not.toBeNull();
      if (method === "GET" || method === "DELETE") expect(request, name).toBeNull();
    }
  });

  it("has a rule for every verb of an action", () => {
    for (const [name, { verbRules, request }] of routes) {
      if (!verbRules) continue;
      const verbs = Object.keys((request as { properties?: object } | null)?.properties ?? {});
      expect(Object.keys(verbRules).sort(), name).toEqual(verbs.sort());
    }
  });

  it("fills paths in with encoded parameters", () => {
    expect(pathOf("operations.show", { project_id: "a/b", id: "7" })).toBe("/v1/a%2Fb/operations/7");
  });
});

describe("the OpenAPI document", () => {
  const document = openApiDocument("http://controller:8788") as {
    openapi: string;
    paths: Record<string, Record<string, { operationId: string; responses: Record<string, unknown> }>>;
  };

  it("describes every route", () => {
    const described = Object.values(document.paths).flatMap((path) =>
      Object.values(path).map((one) => one.operationId),
    );
    expect(described.sort()).toEqual(Object.keys(ROUTES).sort());
    expect(document.openapi).toBe("3.1.0");
  });

  it("holds only schemas that JSON Schema 2020-12 can compile", () => {
    for (const [name, { request, response }] of routes) {
      const ajv = new Ajv2020({ strict: false });
      for (const schema of [request, response]) {
        if (schema) expect(() => ajv.compile(JSON.parse(JSON.stringify(schema))), name).not.toThrow();
      }
    }
  });

  it("gives keystonemiddleware's 401 wherever a token is needed", () => {
    const create = document.paths["/v1/{project_id}/protection-groups"]?.post;
    expect(Object.keys(create?.responses ?? {})).toEqual([
      "201",
      "400",
      "401",
      "403",
      "404",
      "406",
      "409",
      "413",
      "500",
      "503",
    ]);
  });
});
