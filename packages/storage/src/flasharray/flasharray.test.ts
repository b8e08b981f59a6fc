import { afterAll, describe, expect, it } from "vitest";
import { describeStorageDriver } from "../driver-suite.ts";
import { OpenApiJudge } from "./judge/openapi-judge.ts";
import { makeFlashArrayPair } from "./test-pair.ts";

describeStorageDriver("flasharray at REST 2.4", () => makeFlashArrayPair({ minor: 4 }));
describeStorageDriver("flasharray at REST 2.16", () => makeFlashArrayPair({ minor: 16 }));

describe("held against the vendor's description of REST 2.26", () => {
  const judge = new OpenApiJudge();
  describeStorageDriver("flasharray at REST 2.26", () => makeFlashArrayPair({ minor: 26, judge }));

  afterAll(() => {
    expect([...new Set(judge.violations)]).toEqual([]);
  });

  it("has seen every kind of call that the driver makes", () => {
    const calls = [...judge.seen].map((call) => call.replace("/api/2.26/", "/")).sort();
    expect(calls).toEqual([
      "DELETE /connections",
      "DELETE /protection-groups/targets",
      "DELETE /protection-groups/volumes",
      "GET /admins/api-tokens",
      "GET /api/api_version",
      "GET /array-connections",
      "GET /arrays",
      "GET /connections",
      "GET /controllers",
      "GET /pods",
      "GET /protection-group-snapshots",
      "GET /protection-group-snapshots/transfer",
      "GET /protection-groups",
      "GET /protection-groups/targets",
      "GET /protection-groups/volumes",
      "GET /volume-snapshots",
      "GET /volumes",
      "PATCH /protection-group-snapshots",
      "PATCH /protection-groups",
      "PATCH /protection-groups/targets",
      "PATCH /volume-snapshots",
      "PATCH /volumes",
      "POST /login",
      "POST /protection-group-snapshots",
      "POST /protection-groups",
      "POST /protection-groups/targets",
      "POST /protection-groups/volumes",
      "POST /volume-snapshots",
      "POST /volumes",
    ]);
  });
});
