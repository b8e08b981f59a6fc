import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type InputOptions, type OutputOptions, rolldown } from "rolldown";
import { launcherText } from "./launcher.ts";
import { packageFolderOf } from "./licences.ts";
import { PROGRAM_NAMES, PROGRAMS, type Release, ROOT } from "./release.ts";

/** Every program as plain JavaScript without anything to install. */
export interface Bundle {
  /** Folders of the packages of others whose code is in it. */
  readonly packageFolders: readonly string[];
}

/**
 * Writes `lib/` (one ES module per program, and what they share), `bin/` (launchers) and `package.json` (which says
 * that `lib` is ES modules) into a folder.
 * @param interpreter of the launchers.
 * @throws Error when the source does not resolve, or code of others would be left out.
 */
export async function writeBundle(folder: string, release: Release, interpreter: string): Promise<Bundle> {
  const places = { dir: join(folder, "lib"), format: "esm", chunkFileNames: "shared/[name].js" } as const;
  const bundle = await bundleCode({ ...PROGRAMS }, places);
  mkdirSync(join(folder, "bin"), { recursive: true });
  for (const name of PROGRAM_NAMES) {
    const text = launcherText(name, interpreter, release.engines.node);
    writeFileSync(join(folder, "bin", `${name}.cjs`), text, { mode: 0o755 });
  }
  return bundle;
}

/** Everything that sources need, as plain JavaScript. @throws Error when something of it would be left out. */
export async function bundleCode(
  input: InputOptions["input"] & object,
  places: OutputOptions,
  how: Pick<InputOptions, "platform" | "external"> = { platform: "node" },
): Promise<Bundle> {
  const build = await rolldown({
    cwd: ROOT,
    input,
    ...how,
    onLog: (level, log) => {
      if (level === "warn") throw new Error(`The bundle is not whole: ${log.message}`);
    },
  });
  const { output } = await build.write(places);
  await build.close();
  const modules = output.flatMap((file) => (file.type === "chunk" ? file.moduleIds : []));
  return { packageFolders: [...new Set(modules.flatMap((id) => packageFolderOf(id) ?? []))].sort() };
}
