import { describe, expect, it } from "vitest";
import { compareCalls } from "./compare.ts";
import type { Json, RecordedCall } from "./recording.ts";

function call(body: Json, change: Partial<RecordedCall> = {}): RecordedCall {
  const facts = { step: "find a thing", caller: "member", client: "volume.findVolume", method: "GET", path: "/things" };
  return { ...facts, query: {}, microversion: null, request: null, status: 200, headers: {}, body, ...change };
}

function found(real: RecordedCall, simulated: RecordedCall): readonly string[] {
  return compareCalls([real], [simulated]).map(({ kind, at }) => `${kind} ${at}`);
}

describe("two answers", () => {
  it("are alike when names and amounts differ", () => {
    expect(found(call({ name: "a", size: 1 }), call({ name: "b", size: 2 }))).toEqual([]);
  });

  it.each<[string, Json, Json, string]>([
    ["a field is missing", { id: 1, name: "a" }, { id: 1 }, "missing body.name"],
    ["a field is too much", { id: 1 }, { id: 1, name: "a" }, "extra body.name"],
    ["one has null", { host: null }, { host: "a" }, "type body.host"],
    ["a number is a text", { size: 1 }, { size: "1" }, "type body.size"],
    ["a time has another form", { at: "<time with Z>" }, { at: "<time with microseconds>" }, "form body.at"],
    ["a text is empty", { device: "" }, { device: "a" }, "form body.device"],
    ["a state differs", { status: "ACTIVE" }, { status: "SHUTOFF" }, "value body.status"],
    ["a flag differs", { locked: true }, { locked: false }, "value body.locked"],
    ["an item of a list lacks a field", [{ id: 1, tag: "a" }], [{ id: 1 }], "missing body[].tag"],
    ["a list is empty", [1], [], "type body[]"],
  ])("differ when %s", (_what, real, simulated, difference) => {
    expect(found(call(real), call(simulated))).toEqual([difference]);
  });

  it("differ by status before anything else, and by headers", () => {
    expect(found(call({ a: 1 }), call(null, { status: 404 }))).toEqual(["status status"]);
    const challenged = call(null, { headers: { "www-authenticate": "Keystone" } });
    expect(found(challenged, call(null))).toEqual(["header header www-authenticate"]);
  });

  it("may name other keys where keys are data", () => {
    const withMetadata = (metadata: Json) => call({ volume: { metadata } });
    expect(found(withMetadata({ tier: "web" }), withMetadata({ purpose: "db" }))).toEqual([]);
    expect(found(withMetadata({ tier: "web" }), withMetadata({ purpose: 1 }))).toEqual([
      "type body.volume.metadata.*[]",
    ]);
  });

  it("are compared item by item when a list has several, against the item that is most alike", () => {
    const real = [{ id: 1 }, { id: 1, name: "a" }];
    expect(found(call(real), call([{ id: 1, name: "b" }]))).toEqual([]);
    expect(found(call(real), call([{ id: 1, name: "b", more: 1 }]))).toEqual(["extra body[].more"]);
  });
});

it("a call that only one of them made is a difference", () => {
  expect(compareCalls([call(null)], [])).toMatchObject([{ kind: "not called", real: "called" }]);
  expect(compareCalls([], [call(null)])).toMatchObject([{ kind: "not called", simulated: "called" }]);
});
