import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { bundleCode } from "./bundle.ts";
import { type Release, ROOT } from "./release.ts";
import { runTool } from "./run-tool.ts";

const ENTRY = "packages/client/src/index.ts";
/** What its types are made from. */
const SOURCES = [ENTRY, "packages/contract/src/index.ts", "packages/ports/src/index.ts"];

/**
 * Builds `protector-client-<version>.tgz`, the SDK `@protector/client`: one ES module without anything of Node.js, and its
 * types. It needs the package `typebox`, which the types are written with.
 * @param work empty folder for what goes into it.
 * @param destination folder of the tarball.
 * @returns path of the tarball.
 * @throws Error when the module would need something else.
 */
export async function buildClientPackage(release: Release, work: string, destination: string): Promise<string> {
  mkdirSync(work, { recursive: true });
  mkdirSync(destination, { recursive: true });
  const places = { file: join(work, "lib/index.js"), format: "esm", codeSplitting: false } as const;
  await bundleCode([join(ROOT, ENTRY)], places, { platform: "browser", external: [/^typebox($|\/)/] });
  writeTypes(join(work, "types"));
  writeFileSync(join(work, "package.json"), `${JSON.stringify(manifestOf(release), undefined, 2)}\n`);
  copyFileSync(join(ROOT, "packages/client/README.md"), join(work, "README.md"));
  copyFileSync(join(ROOT, "LICENSE"), join(work, "LICENSE"));
  runTool("npm", ["pack", work, "--pack-destination", destination, "--silent", "--offline", "--ignore-scripts"]);
  return join(destination, `protector-client-${release.version}.tgz`);
}

function manifestOf({ version, license }: Release): object {
  const own = JSON.parse(readFileSync(join(ROOT, "packages/client/package.json"), "utf8"));
  const contract = JSON.parse(readFileSync(join(ROOT, "packages/contract/package.json"), "utf8"));
  return {
    name: own.name,
    version,
    description: own.description,
    license,
    type: "module",
    sideEffects: false,
    exports: { ".": { types: "./types/client/src/index.d.ts", default: "./lib/index.js" } },
    dependencies: contract.dependencies,
  };
}

/** Declarations of the client and of what they name of other packages, which are not published. */
function writeTypes(folder: string): void {
  const { compilerOptions } = JSON.parse(readFileSync(join(ROOT, "tsconfig.json"), "utf8"));
  const project = join(folder, "tsconfig.json");
  mkdirSync(folder, { recursive: true });
  const options = {
    ...compilerOptions,
    noEmit: false,
    declaration: true,
    emitDeclarationOnly: true,
    outDir: folder,
    rootDir: join(ROOT, "packages"),
    typeRoots: [join(ROOT, "node_modules/@types")],
  };
  writeFileSync(project, JSON.stringify({ compilerOptions: options, files: SOURCES.map((file) => join(ROOT, file)) }));
  runTool(process.execPath, [join(ROOT, "node_modules/typescript/bin/tsc"), "--project", project]);
  rmSync(project);
  for (const file of declarationsIn(folder)) {
    const text = readFileSync(file, "utf8")
      .replaceAll(/(from |import\()"(\.[^"]*)\.ts"/g, '$1"$2.js"')
      .replaceAll(/(from |import\()"@protector\/(\w+)"/g, (_, words: string, name: string) => {
        const path = relative(dirname(file), join(folder, name, "src/index.js"));
        return `${words}"${path.startsWith(".") ? path : `./${path}`}"`;
      });
    writeFileSync(file, text);
  }
}

function declarationsIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".d.ts"))
    .map((path) => join(folder, path));
}
