import type { Command } from "commander";
import { describe, expect, it } from "vitest";
import { buildProgram } from "../program.ts";
import { wantedAt } from "./wanted.ts";

const program = buildProgram(() => async () => {});
const at = (line: string) => wantedAt(program, line.split(" "));
const wordsAt = (line: string) => {
  const wanted = at(line);
  return wanted.kind === "words" ? wanted.words.map(({ value }) => value) : wanted;
};

describe("what the last word of a line can be", () => {
  it("is a noun at first, then its verbs, by aliases too", () => {
    expect(wordsAt("")).toEqual(expect.arrayContaining(["site", "protection-group", "failover", "doctor"]));
    expect(wordsAt("pg ")).toEqual(wordsAt("protection-group "));
    expect(wordsAt("pg ")).toEqual(expect.arrayContaining(["create", "sync-status", "policy-show"]));
  });

  it.each([
    ["failover ", "group", undefined],
    ["--os-cloud site-a pg show ", "group", undefined],
    ["member remove shop ", "member", "shop"],
    ["member remove shop web-01 ", "member", "shop"],
    ["member add shop ", "server", "shop"],
    ["operation watch ", "operation", undefined],
    ["test-failover shop --point ", "point", "shop"],
    ["test-failover --point ", "point", undefined],
    ["pg list --os-cloud ", "cloud", undefined],
    ["pg sync-force shop --from ", "site", "shop"],
    ["drill-schedule set ", "schedule", undefined],
    ["drill-schedule create monthly --recovery-plan ", "plan", "monthly"],
    ["kept-snapshot delete shop ", "kept_snapshot", "shop"],
  ] as const)("is a name in: %s", (line, of, group) => {
    expect(at(line)).toEqual({ kind: "names", of, group });
  });

  it("is a value out of those that an option knows", () => {
    expect(wordsAt("pg list -f ")).toEqual(["table", "json", "yaml", "csv", "value"]);
    expect(wordsAt("complete ")).toEqual(["bash", "zsh", "fish"]);
  });

  it("is a file where one is read or written", () => {
    expect(at("failover shop --plan-file ")).toEqual({ kind: "files" });
    expect(at("mapping set shop --from-file ")).toEqual({ kind: "files" });
  });

  it("is an option that is not given yet; one that may be repeated stays", () => {
    const options = wordsAt("member add shop web-01 --critical --depends-on db-01 -");
    expect(options).toEqual(expect.arrayContaining(["--tier", "--depends-on", "--debug"]));
    expect(options).not.toContain("--critical");
    expect(options).not.toContain("--os-password");
  });

  it("is known for every argument but those that name something new", () => {
    const isNew = ["name", "secondary-name", "number"];
    const lines = (command: Command, path: string): [string, string][] =>
      command.commands.length > 0
        ? command.commands.flatMap((verb) => lines(verb, `${path}${verb.name()} `))
        : command.registeredArguments.map((argument, index) => [`${path}${"x ".repeat(index)}`, argument.name()]);
    const unknown = lines(program, "").filter(([line, name]) => !isNew.includes(name) && at(line).kind === "nothing");
    expect(unknown).toEqual([]);
  });

  it("is no option behind two dashes", () => {
    expect(at("pg show -- ")).toEqual({ kind: "names", of: "group", group: undefined });
    expect(at("pg show -- -x")).toEqual({ kind: "names", of: "group", group: undefined });
  });

  it.each(["pg show shop ", "nothing ", "pg nothing ", "pg create ", "failover shop --reason "])(
    "is nothing that is known in: %s",
    (line) => {
      expect(at(line)).toEqual({ kind: "nothing" });
    },
  );
});
