import { expect, it } from "vitest";
import { turnedMappings } from "./turn-home.ts";

const row = (
  kind: "network" | "test_network",
  source_id: string,
  target_id: string,
  origin: "default" | null = null,
) => ({
  kind,
  source_id,
  target_id,
  origin,
});

it("turns what holds for the group around: what was said for it alone before its copies of the project's defaults, without those for tests", () => {
  const rows = [
    row("network", "front", "nobody", "default"),
    row("network", "front", "vorne"),
    row("network", "back", "hinten", "default"),
    row("test_network", "front", "probe"),
  ];
  expect(turnedMappings(rows)).toEqual([
    { kind: "network", source_id: "vorne", target_id: "front" },
    { kind: "network", source_id: "hinten", target_id: "back" },
  ]);
});

it("leads back to the first of several resources that were mapped to one", () => {
  expect(turnedMappings([row("network", "one", "x"), row("network", "two", "x")])).toEqual([
    { kind: "network", source_id: "x", target_id: "one" },
  ]);
});
