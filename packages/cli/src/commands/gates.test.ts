import { expect, test } from "vitest";
import { gateText, readGate } from "./gates.ts";

test("gates are read as people write them, and shown the same way", () => {
  const texts = ["console:login: ", "tcp:22", "http:8080/health?deep=1", "https:443/"];
  expect(texts.map((text) => gateText(readGate(text, 60) ?? { kind: "tcp", port: 1, timeout_seconds: 0 }))).toEqual(
    texts.map((text) => `${text} within 60 s`),
  );
  expect(readGate("http:80")).toEqual({ kind: "http", scheme: "http", port: 80, path: "/", timeout_seconds: 600 });
  expect(readGate("active")).toBeNull();
});

test("what is no gate is refused with those that are", () => {
  for (const text of ["tcp", "tcp:ssh", "tcp:22/path", "udp:53", "console:", ""]) {
    expect(() => readGate(text)).toThrow("--gate knows: active, console:TEXT");
  }
});
