import { describe, expect, it } from "vitest";
import { agoText } from "./duration.ts";
import { sizeText } from "./size.ts";

const NOW = Date.parse("2026-03-01T12:00:00Z");

describe("times for people", () => {
  it.each([
    [0, "now"],
    [45, "45s ago"],
    [119, "119s ago"],
    [179, "2m ago"],
    [7199, "119m ago"],
    [7200, "2h ago"],
    [172_800, "2d ago"],
    [-300, "in 5m"],
  ])("%i s back are told as: %s", (seconds, text) => {
    expect(agoText(new Date(NOW - seconds * 1000).toISOString(), NOW)).toBe(text);
  });
});

describe("sizes for people", () => {
  it.each([
    [0, "0 GiB"],
    [1, "<0.01 GiB"],
    [15_099_494, "0.01 GiB"],
    [1.5 * 2 ** 30, "1.50 GiB"],
    [12.44 * 2 ** 30, "12.4 GiB"],
    [2 ** 40, "1024 GiB"],
  ])("%i bytes are told as: %s", (bytes, text) => {
    expect(sizeText(bytes)).toBe(text);
  });
});
