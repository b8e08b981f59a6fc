import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { BACKEND_OPTIONS, OPTIONS } from "./options.ts";

const SOURCES = fileURLToPath(new URL("..", import.meta.url));

test("every option of the configuration file is read by the code", () => {
  const files = globSync("**/*.ts", { cwd: SOURCES }).filter(
    (file) => !file.startsWith("config/") && !file.endsWith(".test.ts"),
  );
  const reading = ["config/load-config.ts", ...files]
    .map((file) => readFileSync(`${SOURCES}/${file}`, "utf8"))
    .join("\n");
  const defaults = readFileSync(`${SOURCES}/config/options.ts`, "utf8");
  const options = [...Object.values(OPTIONS), BACKEND_OPTIONS].flatMap((section) => Object.keys(section));
  expect(
    options.filter((name) => !new RegExp(`\\b${name}\\b`).test(reading) && !defaults.includes(`$${name}`)),
  ).toEqual([]);
});
