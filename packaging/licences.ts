import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Between two licences. */
export const RULE = "=".repeat(80);

/** The installed package that a file belongs to; undefined for our own. */
export function packageFolderOf(file: string): string | undefined {
  return /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0];
}

/**
 * Names, versions and licences of packages, in one text.
 * @throws Error for a package that says nothing about its licence: it must not be shipped.
 */
export function licencesText(packageFolders: readonly string[]): string {
  const parts = packageFolders.map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const files = readdirSync(folder).filter((file) => /^(licen[cs]e|copying|notice)/i.test(file));
    if (typeof license !== "string" && files.length === 0) throw new Error(`${name} ${version} has no licence`);
    const texts = files.sort().map((file) => readFileSync(join(folder, file), "utf8").trim());
    return [`${name} ${version} (${license ?? "see below"})`, ...texts].join("\n\n");
  });
  return ["Code of these packages is part of Protector.", ...parts].join(`\n\n${RULE}\n`).concat("\n");
}
