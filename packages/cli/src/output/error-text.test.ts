import { clientError } from "@protector/client";
import { expect, it } from "vitest";
import { errorText } from "./error-text.ts";

const DETAIL = 'The replication policy of protection group "shop" is in use: the group has 2 members.';

it("an error is broken between words on a terminal, and not at all elsewhere", () => {
  const error = clientError("policy.in_use", "site-a", DETAIL);
  const narrow = errorText(error, (text) => text, 60).split("\n");
  expect(narrow.slice(0, 3)).toEqual([
    'Error: The replication policy of protection group "shop"',
    "  is in use: the group has 2 members.",
    "  (site site-a, code policy.in_use)",
  ]);
  expect(narrow[3]).toMatch(/^ {2}What to do: Take away what is named/);
  expect(narrow[4]).toMatch(/^ {4}\w/);
  expect(Math.max(...narrow.map(({ length }) => length))).toBeLessThanOrEqual(60);
  expect(narrow.at(-2)).toBe("    protector policy update GROUP");
  expect(errorText(error, (text) => text).split("\n")[0]).toBe(`Error: ${DETAIL}`);
});
