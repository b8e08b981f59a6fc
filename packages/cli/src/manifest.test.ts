import { describe, expect, it } from "vitest";
import { describeCommands } from "./manifest.ts";

const { commands, common, nouns } = describeCommands();
const find = (words: string) => commands.find((command) => command.words.join(" ") === words);

describe("the description of the commands", () => {
  it("explains every noun, command and argument", () => {
    const silent = commands.filter(({ help }) => help === "").map(({ words }) => words.join(" "));
    expect([silent, Object.values(nouns).filter((help) => help === "")]).toEqual([[], []]);
  });

  it("says of each command that prints something with which columns", () => {
    const bare = commands.filter(({ kind, columns }) => (kind === "nothing") !== (columns.length === 0));
    expect(bare).toEqual([]);
    expect(commands.filter(({ kind }) => kind === "nothing").map(({ words }) => words.join(" "))).toEqual([
      "site delete",
      "tenant-mapping delete",
      "mapping export",
      "recovery-plan delete",
      "drill-schedule delete",
    ]);
  });

  it("has aliases of noun and verb in every combination", () => {
    expect(find("protection-group sync-status")?.aliases).toEqual([["pg", "sync-status"]]);
    expect(find("site volume-types")?.aliases).toEqual([["site", "list-volume-types"]]);
  });

  it("tells repeatable and needed options and choices apart", () => {
    const option = (words: string, flag: string) => find(words)?.options.find((one) => one.flag === flag);
    expect(option("member add", "--depends-on")).toMatchObject({ isRepeatable: true, value: "member" });
    expect(option("operation abandon", "--reason")).toMatchObject({ isRequired: true, isRepeatable: false });
    expect(option("operation list", "--status")?.choices).toContain("completed_with_errors");
    expect(find("member add")?.arguments.map(({ isMany }) => isMany)).toEqual([false, true]);
  });

  it("has no option of a command that all of them have: the program would take it", () => {
    const taken = new Set(common.map(({ flag }) => flag));
    const lost = commands.flatMap(({ words, options }) =>
      options.flatMap(({ flag }) => (taken.has(flag) ? [`${words.join(" ")} ${flag}`] : [])),
    );
    expect(lost).toEqual([]);
  });

  it("leaves to the host program how to log in and how to print", () => {
    expect(common.map(({ flag }) => flag)).toEqual(["--wait", "--no-wait", "--timeout", "--yes"]);
  });
});
