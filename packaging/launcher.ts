import { SMALL_YOUNG_GENERATION } from "../packages/server/src/main/small-heap.ts";
import type { ProgramName } from "./release.ts";

/** What Node.js is told at the start of a program: its source says the same behind its own `#!`. */
const START_OPTIONS: Readonly<Partial<Record<ProgramName, string>>> = { "protector-engine": SMALL_YOUNG_GENERATION };

/**
 * The file that is started: CommonJS in words that every Node.js knows, so that one which is too old is told so instead
 * of failing on syntax. It loads the program from `../lib`.
 * @param interpreter what stands behind `#!`.
 * @param nodeRange `engines.node` of package.json, as `>=26`.
 */
export function launcherText(name: ProgramName, interpreter: string, nodeRange: string): string {
  const oldest = Number.parseInt(nodeRange.replace(/^\D+/, ""), 10);
  return `#!${withOptions(interpreter, START_OPTIONS[name])}
"use strict";
if (parseInt(process.versions.node, 10) < ${oldest}) {
  process.stderr.write(
    "${name}: Node.js ${oldest} or newer is needed, but " + process.execPath + " is " + process.version + ".\\n"
  );
  process.exit(1);
}
import("../lib/${name}.js");
`;
}

/** Linux hands on all that stands behind the interpreter as one word; `env -S` divides it. */
function withOptions(interpreter: string, options: string | undefined): string {
  if (options === undefined) return interpreter;
  return `${interpreter.replace(/^\/usr\/bin\/env /, "/usr/bin/env -S ")} ${options}`;
}
