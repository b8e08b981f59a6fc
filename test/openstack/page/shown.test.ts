import { describe, expect, it } from "vitest";
import { missingLine } from "./shown.ts";

const SHOWN = "+----+-------+\n| ID | Name  |\n+----+-------+\n| <id> | group |\n+----+-------+\n";

describe("what a page shows", () => {
  it("is found in wider columns, with other lines between", () => {
    const output =
      "+-----+--------+\n| ID  | Name   |\n+-----+--------+\n| a-1 | other  |\n| b-2 | group  |\n+-----+--------+\n";
    expect(missingLine(SHOWN, output)).toBeUndefined();
  });

  it("is not found when a line is missing or stands elsewhere", () => {
    expect(missingLine(SHOWN, "+--+--+\n| ID | Name |\n+--+--+\n+--+--+\n")).toBe("| <id> | group |");
    expect(missingLine("one\ntwo\n", "two\none\n")).toBe("two");
  });

  it("takes ... for anything and nothing else for it", () => {
    expect(
      missingLine("Active: active (running) since ...", "   Active: active (running) since Mon; 3s ago"),
    ).toBeUndefined();
    expect(missingLine("Active: active (running) since ...", "   Active: failed since Mon")).toBeDefined();
  });
});
