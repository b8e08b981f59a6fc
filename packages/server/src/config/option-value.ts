import type { Option } from "./option.ts";

const TRUE = ["true", "1", "on", "yes"];
const FALSE = ["false", "0", "off", "no"];

/** The value, or what is accepted instead of it. */
export type ReadValue = { readonly value: unknown } | { readonly accepted: string };

/** Reads an option's text. `multi` is read one text at a time. */
export function readOptionValue(text: string, option: Option): ReadValue {
  switch (option.type) {
    case "bool":
      return readBool(text);
    case "int":
      return readNumber(text, option, /^[+-]?\d+$/, "a whole number");
    case "float":
      return readNumber(text, option, /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i, "a number");
    case "port":
      return readNumber(text, { min: 0, max: 65535 }, /^\d+$/, "a port number");
    case "url":
      return URL.canParse(text) && /^[a-z+]+:\/\//i.test(text)
        ? { value: text }
        : { accepted: "a URL such as http://host:port" };
    case "list":
      return { value: splitList(text) };
    case "dict":
      return readDict(text);
    case "string":
    case "path":
    case "multi":
      if (option.choices && !option.choices.includes(text)) return { accepted: option.choices.join(", ") };
      return { value: text };
  }
}

/** Items of a comma-separated text; empty ones do not count. */
export function splitList(text: string): readonly string[] {
  return text
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}

function readBool(text: string): ReadValue {
  const word = text.toLowerCase();
  if (TRUE.includes(word)) return { value: true };
  return FALSE.includes(word) ? { value: false } : { accepted: "true or false" };
}

function readNumber(text: string, limits: Pick<Option, "min" | "max">, form: RegExp, kind: string): ReadValue {
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = limits;
  const value = Number(text);
  if (form.test(text) && value >= min && value <= max) return { value };
  const bounds = [
    Number.isFinite(min) ? `of at least ${min}` : "",
    Number.isFinite(max) ? `of at most ${max}` : "",
  ].filter(Boolean);
  return { accepted: [kind, bounds.join(" and ")].filter(Boolean).join(" ") };
}

function readDict(text: string): ReadValue {
  const pairs: [string, string][] = [];
  for (const item of splitList(text)) {
    const colon = item.indexOf(":");
    if (colon < 1) return { accepted: "key:value pairs, comma-separated" };
    pairs.push([item.slice(0, colon).trim(), item.slice(colon + 1).trim()]);
  }
  return { value: Object.fromEntries(pairs) };
}
