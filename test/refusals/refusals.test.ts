import { ERROR_CATALOGUE, type ErrorCode } from "@protector/contract";
import { afterAll, expect, it } from "vitest";
import { stopSharedSites } from "./provocation.ts";
import { PROVOCATIONS } from "./provocations.ts";

afterAll(stopSharedSites);

/** What was printed, without the breaks of lines. */
const flat = (text: string) => text.replaceAll(/\s+/g, " ");

const CASES = Object.entries(PROVOCATIONS).map(([code, provocation]) => [code as ErrorCode, provocation] as const);

/** The catalogue's advice, as it is told: of a known group, or operation, with its name or id. */
const told = (help: string) =>
  new RegExp(
    help
      .split(/\b(?:GROUP|ID)\b/)
      .map((text) => RegExp.escape(text))
      .join("\\S+"),
  );

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
  if (isAnswer) expect(text).toContain(`/errors#protector.${code}`);
  else expect(text).toMatch(told(flat(ERROR_CATALOGUE[code].help)));
});

it("gives advice for every code", () => {
  const helps = CASES.map(([code]) => ERROR_CATALOGUE[code].help);
  expect(helps.filter((help) => help.length < 20)).toEqual([]);
});
