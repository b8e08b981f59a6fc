import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** Programs that print pages, as they are called in `PATH`. */
const BROWSERS = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge"];
/** ms for a browser to print. */
const TIME_LIMIT_MS = 120_000;

/**
 * Prints pages to PDF with a browser of this machine: that of `PROTECTOR_BROWSER`, else the first of Chromium, Chrome
 * and Edge in `PATH`. Undefined when there is none.
 */
export function pagePrinter(env: Readonly<Record<string, string | undefined>>) {
  const browser = env.PROTECTOR_BROWSER || findBrowser(env.PATH ?? "");
  return browser === undefined ? undefined : (page: string, pdfPath: string) => print(browser, page, pdfPath);
}

function findBrowser(path: string): string | undefined {
  const places = path.split(delimiter).filter((folder) => folder !== "");
  return BROWSERS.flatMap((name) => places.map((folder) => join(folder, name))).find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** In a folder of its own, so that no other session of the browser is disturbed, and only the owner can read it. */
async function print(browser: string, page: string, pdfPath: string): Promise<void> {
  const { execFile } = await import("node:child_process");
  const { promisify } = await import("node:util");
  const { mkdtemp, rm, writeFile } = await import("node:fs/promises");
  const { tmpdir } = await import("node:os");
  const { resolve } = await import("node:path");
  const folder = await mkdtemp(join(tmpdir(), "protector-report-"));
  try {
    const file = join(folder, "report.html");
    await writeFile(file, page, { mode: 0o600 });
    const options = ["--headless", "--disable-gpu", "--no-first-run", "--no-pdf-header-footer"];
    // Chromium's sandbox cannot be had by root; the page runs nothing.
    const asRoot = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
    const places = [
      `--user-data-dir=${join(folder, "profile")}`,
      `--print-to-pdf=${resolve(pdfPath)}`,
      `file://${file}`,
    ];
    await promisify(execFile)(browser, [...options, ...asRoot, ...places], { timeout: TIME_LIMIT_MS });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
