import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bundleCode } from "./bundle.ts";
import { licencesText, RULE } from "./licences.ts";
import { ARCHITECTURES, type Architecture, type NodeBinary } from "./node-binary.ts";
import { type Release, ROOT } from "./release.ts";
import { runTool } from "./run-tool.ts";

const ENTRY = "packages/cli/bin/protector-executable.ts";

export interface SingleExecutableOptions {
  readonly release: Release;
  readonly architecture: Architecture;
  /** Of that architecture and of the version that builds. */
  readonly node: NodeBinary;
  /** Folder for what goes into it. */
  readonly work: string;
  /** Folder of the executable. */
  readonly destination: string;
}

/**
 * Builds `protector-<version>-linux-<x64|arm64>`: the `protector` command and its Node.js in one file, which needs nothing
 * else of the machine than its C and C++ libraries. Form: https://nodejs.org/api/single-executable-applications.html
 * @returns paths of the executable and of the licences that go with it.
 * @throws Error when this Node.js is of another version than the one that is shipped.
 */
export async function buildSingleExecutable({
  release,
  architecture,
  node,
  work,
  destination,
}: SingleExecutableOptions): Promise<{ readonly executable: string; readonly licences: string }> {
  if (process.version !== `v${release.nodeVersion}`)
    throw new Error(`needs Node.js ${release.nodeVersion} to build with, and this is ${process.version}: npm ci`);
  mkdirSync(work, { recursive: true });
  mkdirSync(destination, { recursive: true });
  const script = join(work, "protector.cjs");
  const { packageFolders } = await bundleCode([join(ROOT, ENTRY)], {
    file: script,
    format: "cjs",
    codeSplitting: false,
  });
  const executable = join(destination, `protector-${release.version}-linux-${ARCHITECTURES[architecture]}`);
  const configuration = join(work, "sea.json");
  writeFileSync(configuration, JSON.stringify(seaConfiguration({ script, executable, architecture, node })));
  runTool(process.execPath, ["--build-sea", configuration]);
  const licences = `${executable}.licences.txt`;
  const own = readFileSync(join(ROOT, "LICENSE"), "utf8");
  writeFileSync(licences, [own, licencesText(packageFolders), `Node.js\n\n${node.licence}`].join(`\n${RULE}\n`));
  return { executable, licences };
}

interface SeaParts {
  readonly script: string;
  readonly executable: string;
  readonly architecture: Architecture;
  readonly node: NodeBinary;
}

function seaConfiguration({ script, executable, architecture, node }: SeaParts): object {
  return {
    main: script,
    mainFormat: "commonjs",
    executable: node.path,
    output: executable,
    disableExperimentalSEAWarning: true,
    // Spares a quarter of the start. It holds for the architecture that made it only.
    useCodeCache: process.arch === ARCHITECTURES[architecture],
    // What NODE_OPTIONS says is meant for other programs.
    execArgvExtension: "none",
  };
}
