import { describe, expect, it } from "vitest";
import { parseFilter } from "./filter.ts";

describe("filters of a query string", () => {
  it("a value without operator is compared as it is, colons and all", () => {
    expect(parseFilter("name", "web:1")).toEqual({ column: "name", operator: "eq", values: ["web:1"] });
  });

  it("in takes values with commas in quotes", () => {
    expect(parseFilter("name", 'in:a,"b,c","d\\"e"').values).toEqual(["a", "b,c", 'd"e']);
  });

  it("times become those of the database", () => {
    expect(parseFilter("created_at", "gt:2026-01-31T12:00Z").values).toEqual(["2026-01-31 12:00:00.000000"]);
    expect(parseFilter("created_at", "lte:2026-01-31T12:00:01.25+00:00").values).toEqual([
      "2026-01-31 12:00:01.250000",
    ]);
    expect(parseFilter("created_at", "2026-01-31").values).toEqual(["2026-01-31 00:00:00.000000"]);
  });

  it.each([
    ["created_at", "yesterday"],
    ["created_at", "2026-13-01T00:00:00Z"],
    ["is_dry_run", "maybe"],
  ])("%s=%s is refused with the field named", (column, text) => {
    expect(() => parseFilter(column, text)).toThrowError(
      expect.objectContaining({
        code: "request.invalid",
        facts: { fields: [expect.objectContaining({ field: column })] },
      }),
    );
  });
});
