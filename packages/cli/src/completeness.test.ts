import { OPERATION_VERBS, ROUTES, type Route, type RouteName } from "@protector/contract";
import { describe, expect, it } from "vitest";
import { CALLS, FLOW_CALLS } from "./commands/calls.ts";
import { describeCommands } from "./manifest.ts";

/** Every way to type a command, without the program's name. */
const SPELLINGS = new Set(
  describeCommands().commands.flatMap(({ words, aliases }) => [words, ...aliases].map((one) => one.join(" "))),
);

/** Routes that no command is for, and why. */
const FOR_PROGRAMS: Readonly<Partial<Record<RouteName, string>>> = {
  "health.show_own": "for programs that know no project; health show asks with the login's",
  "openapi.show": "a description for programs",
  "errors.index": "docs/errors.md, and each error tells its own part",
  "members.show": "member show reads the list, which holds members whole",
};

/** Commands that users know from elsewhere, each as `openstack dr …` and as `openstack protector …`. */
const KNOWN = `
site create, site list, site show, site delete, site validate, site list-volume-types
protection-group create, protection-group list, protection-group show, protection-group delete
protection-group policy-show, protection-group policy-delete, protection-group sync-status, protection-group sync-force
member add, member remove
policy create, policy show, policy delete
failover, failback, test-failover, test-cleanup
operation list, operation show
health show
`;

describe("the command line", () => {
  it("has a command for everything that the API offers", () => {
    const used = new Set([
      ...Object.values(CALLS).flatMap(({ routes }) => routes),
      ...Object.values(FLOW_CALLS).flat(),
    ]);
    const lacking = (Object.keys(ROUTES) as RouteName[]).filter((name) => !used.has(name));
    expect(lacking.sort()).toEqual(Object.keys(FOR_PROGRAMS).sort());
  });

  it("has a command for every action of a group and of a plan", () => {
    const verbs = Object.values(CALLS).map(({ verb }) => verb);
    for (const name of Object.keys(ROUTES).filter((each) => each.endsWith(".action")) as RouteName[]) {
      const { properties } = (ROUTES[name] as Route).request as unknown as { properties: Record<string, unknown> };
      expect({ name, lacking: Object.keys(properties).filter((verb) => !verbs.includes(verb)) }).toEqual({
        name,
        lacking: [],
      });
    }
  });

  it("shows a part of each list that the API pages", () => {
    const short = ["hook list", "service list", "mapping list"];
    const lists = describeCommands().commands.filter(({ words }) => words.at(-1) === "list");
    const lacking = lists.filter(
      ({ options }) => !["--limit", "--marker"].every((flag) => JSON.stringify(options).includes(flag)),
    );
    expect(lacking.map(({ words }) => words.join(" ")).filter((words) => !short.includes(words))).toEqual([]);
  });

  it("has a command for every verb of an operation", () => {
    expect(OPERATION_VERBS.filter((verb) => !SPELLINGS.has(`operation ${verb}`))).toEqual([]);
  });

  it("knows every spelling that users know from elsewhere", () => {
    const known = KNOWN.trim().split(/[,\n]\s*/);
    expect(known.filter((words) => !SPELLINGS.has(words))).toEqual([]);
  });
});
