import type { ProgramName } from "./release.ts";

/**
 * The file that is started: CommonJS in words that every Node.js knows, so that one which is too old is told so instead
 * of failing on syntax. It loads the program from `../lib`.
 * @param interpreter what stands behind `#!`.
 * @param nodeRange `engines.node` of package.json, as `>=26`.
 */
export function launcherText(name: ProgramName, interpreter: string, nodeRange: string): string {
  const oldest = Number.parseInt(nodeRange.replace(/^\D+/, ""), 10);
  return `#!${interpreter}
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
