import type { HttpRequest } from "@protector/ports";
import { describe, expect, it } from "vitest";
import { OpenApiJudge } from "./openapi-judge.ts";

function request(method: string, path: string, body?: unknown): HttpRequest {
  const url = `https://127.0.0.1/api/2.26/${path}`;
  return { method, url, headers: {}, timeoutMs: 1, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
}

function verdict(act: (judge: OpenApiJudge) => void): string {
  const judge = new OpenApiJudge();
  act(judge);
  return judge.violations.join("\n");
}

const ofRequest = (...given: Parameters<typeof request>) => verdict((judge) => judge.judgeRequest(request(...given)));
const ofAnswer = (path: string, body: unknown, status = 200) =>
  verdict((judge) => {
    judge.judgeAnswer(request("GET", path), { status, headers: {}, body: JSON.stringify(body) });
  });

describe("the judge of requests and answers", () => {
  it("passes what the vendor describes", () => {
    expect(ofRequest("GET", "volumes?destroyed=false&limit=5&names=a,b")).toBe("");
    expect(ofRequest("POST", "volumes?names=a&with_default_protection=false", { provisioned: 1048576 })).toBe("");
    expect(ofRequest("PATCH", "protection-groups?names=a", { replication_schedule: { frequency: 300000 } })).toBe("");
    expect(ofAnswer("volumes", { items: [{ name: "a", provisioned: 5, pod: { name: null } }] })).toBe("");
    expect(ofAnswer("volumes", { errors: [{ context: null, message: "no" }] }, 400)).toBe("");
  });

  it("finds unknown paths and methods", () => {
    expect(ofRequest("GET", "volume")).toContain("no such operation");
    expect(ofRequest("PUT", "volumes")).toContain("no such operation");
  });

  it("finds unknown query parameters and wrong values", () => {
    expect(ofRequest("GET", "volumes?name=a")).toContain("'name' is not described");
    expect(ofRequest("GET", "volumes?limit=many")).toContain("'limit' is 'many'");
    expect(ofRequest("GET", "volumes?destroyed=True")).toContain("'destroyed' is 'True'");
    expect(ofRequest("GET", "protection-group-snapshots/transfer?continuation_token=x")).toContain("not described");
  });

  it("finds bodies that are missing, unexpected, of wrong types, unknown or read-only members", () => {
    expect(ofRequest("POST", "volumes?names=a")).toContain("body is missing");
    expect(ofRequest("POST", "protection-groups?names=a", {})).toContain("none is described");
    expect(ofRequest("POST", "volumes?names=a", { provisioned: "5" })).toContain("/provisioned");
    expect(ofRequest("POST", "volumes?names=a", { size: 5 })).toContain("additional");
    expect(ofRequest("PATCH", "protection-groups?names=a", { is_local: true })).toContain("is_local");
  });

  it("finds answers with wrong types, unknown members and other error bodies", () => {
    expect(ofAnswer("volumes", { items: [{ provisioned: 1.5 }] })).toContain("/items/0/provisioned");
    expect(ofAnswer("volumes", { items: [{ colour: "red" }] })).toContain("colour");
    expect(ofAnswer("volumes", { items: {} })).toContain("/items");
    expect(ofAnswer("volumes", { message: "no" }, 400)).toContain("error body");
    expect(ofAnswer("volumes", {}, 201)).toContain("answer 201 is not described");
  });

  it("finds headers that are not described", () => {
    const violations = verdict((judge) => {
      judge.judgeRequest({ ...request("GET", "volumes"), headers: { "x-auth-token": "t", "x-other": "o" } });
    });
    expect(violations).toContain("'x-other'");
    expect(violations).not.toContain("x-auth-token");
  });
});
