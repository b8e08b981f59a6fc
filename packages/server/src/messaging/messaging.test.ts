import { describe, expect, test } from "vitest";
import { judgeDelivery } from "./delivery.ts";
import { noneBus } from "./none-bus.ts";
import { parseTransportUrl } from "./transport-url.ts";

const ID = "8e2ad3b8-96bb-4ec0-a2d8-3a2b0a8e4f10";

describe("transport URLs", () => {
  test.each<[string, object]>([
    ["rabbit://guest:guest@127.0.0.1:5672/", { hosts: ["127.0.0.1:5672"], username: "guest", vhost: "/" }],
    ["rabbit://u:p%40ss@a:5673,u:p%40ss@b/site-a", { hosts: ["a:5673", "b:5672"], password: "p@ss", vhost: "site-a" }],
    ["rabbit://u:p@a,b,c//?ssl=1", { hosts: ["a:5672", "b:5672", "c:5672"], username: "u", vhost: "/" }],
    ["rabbit://u:p/x@a/v%2Fh", { hosts: ["a:5672"], password: "p/x", vhost: "v/h" }],
    ["rabbit://[::1]:5672/", { hosts: ["[::1]:5672"], username: "guest" }],
    ["none://", { kind: "none" }],
  ])("%s is read", (text, transport) => {
    expect(parseTransportUrl(text)).toMatchObject({ transport });
  });

  test.each([
    ["rabbit://a:hunter2@x,b:hunter2@y/", "names different users"],
    ["kafka://a:hunter2@x/", "transports of kind kafka are not supported"],
    ["localhost:5672", "is no transport URL"],
    ["rabbit://u:hunter2@:5672/", "has a host that cannot be read"],
  ])("%s is refused without its password", (text, fault) => {
    const parsed = parseTransportUrl(text);
    expect(parsed).toMatchObject({ fault: expect.stringContaining(fault) });
    expect(JSON.stringify(parsed)).not.toContain("hunter2");
  });
});

describe("a message", () => {
  const message = { body: { operation_id: ID }, headers: {}, isRedelivered: false };

  test("is handled", () => {
    expect(judgeDelivery(message, 3)).toEqual({ kind: "handle", operationId: ID, attempt: 1 });
  });

  test("whose reader died is put back with its attempts counted, and parked in the end", () => {
    const again = { ...message, isRedelivered: true };
    expect(judgeDelivery(again, 3)).toEqual({ kind: "count", operationId: ID, attempt: 2 });
    const headers = { "x-protector-attempt": 3 };
    expect(judgeDelivery({ ...message, headers }, 3)).toEqual({ kind: "handle", operationId: ID, attempt: 3 });
    expect(judgeDelivery({ ...again, headers }, 3)).toEqual({ kind: "park", reason: "it failed 3 times" });
  });

  test.each([null, "text", {}, { operation_id: 5 }, { operation_id: "../../x" }])("%j is parked", (body) => {
    expect(judgeDelivery({ ...message, body }, 3)).toEqual({ kind: "park", reason: "it names no operation" });
  });
});

test("without a broker nothing is announced and nothing fails", async () => {
  expect(await noneBus.publish(ID)).toBe("not_announced");
  expect(noneBus.state()).toBe("none");
  await noneBus.subscribe(async () => {}).close();
  await noneBus.close();
});
