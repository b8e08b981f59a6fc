import { expect, it } from "vitest";
import { turnedMappings } from "./turn-home.ts";

const row = (kind: "network" | "test_network", source_id: string, target_id: string, group: string | null = "g") => ({
  kind,
  source_id,
  target_id,
  protection_group_id: group,
});

it("turns what holds for the group around: its own mappings before the project's, without those for tests", () => {
  const rows = [
    row("network", "front", "nobody", null),
    row("network", "front", "vorne"),
    row("network", "back", "hinten", null),
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
