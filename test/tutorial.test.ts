import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { commandsOf } from "../docs/pictures/tutorial-commands.ts";

const guide = readFileSync(new URL("../docs/tenant-guide.md", import.meta.url), "utf8");

describe("the commands of a page", () => {
  it("are those of the part's first block, continued lines as one", () => {
    const page = "# T\n\n## A\n\n```sh\none \\\n  two\nthree\n```\n\n```sh\nfour\n```\n\n## B\n\ntext\n";
    expect(commandsOf(page, "A")).toEqual(["one two", "three"]);
    expect(() => commandsOf(page, "B")).toThrow('no commands in a part "B"');
    expect(() => commandsOf(page, "C")).toThrow('no commands in a part "C"');
  });

  it("of the tenant's guide are those that the recorded screens show", () => {
    const shown = ["protect", "plan", "failover"]
      .map((name) => readFileSync(new URL(`../docs/pictures/tutorial-${name}.svg`, import.meta.url), "utf8"))
      .join("\n")
      .replaceAll(/<[^>]*>|\s/g, "");
    const commands = ["Protect servers", "Fail over"].flatMap((part) => commandsOf(guide, part));
    expect(commands.length).toBeGreaterThan(8);
    expect(commands.filter((command) => !shown.includes(`$${command.replaceAll(/\s/g, "")}`))).toEqual([]);
  });
});
