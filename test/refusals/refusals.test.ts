import { ERROR_CATALOGUE, type ErrorCode } from "@protector/contract";
import { afterAll, expect, it } from "vitest";
import { stopSharedSites } from "./provocation.ts";
import { PROVOCATIONS } from "./provocations.ts";

afterAll(stopSharedSites);

/** What was printed, without the breaks of lines. */
const flat = (text: string) => text.replaceAll(/\s+/g, " ");

const CASES = Object.entries(PROVOCATIONS).map(([code, provocation]) => [code as ErrorCode, provocation] as const);

/** What is found of a known group names it in the catalogue's commands. */
const forShop = (text: string) => text.replaceAll(/\bGROUP\b/g, "shop");

it.each(CASES)("%s is told with its code, what was wrong and where, and what to do", async (code, provocation) => {
  const { stdout, stderr, code: ended } = await provocation.provoke();
  const text = flat(`${stdout}${stderr}`);
  const { ends, says } = provocation;
  expect({ text, ended }).toEqual({ text, ended: ends });
  if (typeof says === "string") expect(text).toContain(says);
  else expect(text).toMatch(says);
  expect(text).toMatch(new RegExp(`[ (.]${code.replaceAll(".", "\\.")}[,:)" ]`));
  // Programs that call the API themselves find it by the link.
  const isAnswer = stdout.startsWith("{");
  const help = forShop(flat(ERROR_CATALOGUE[code].help));
  expect(forShop(text)).toContain(isAnswer ? `/errors#protector.${code}` : help);
});

it("gives advice for every code", () => {
  const helps = CASES.map(([code]) => ERROR_CATALOGUE[code].help);
  expect(helps.filter((help) => help.length < 20)).toEqual([]);
});
