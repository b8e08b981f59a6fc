import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ERROR_CATALOGUE } from "@protector/contract";
import { describe, expect, it } from "vitest";
import { MADE_PARTS, withPart } from "../docs/made-parts.ts";
import { REFERENCE_PAGES } from "../docs/reference-pages.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");
const inDocs = readdirSync(join(ROOT, "docs")).filter((name) => name.endsWith(".md"));
const PAGES = [
  "README.md",
  "ARCHITECTURE.md",
  "CONTRIBUTING.md",
  "CHANGELOG.md",
  ...inDocs.map((name) => `docs/${name}`),
];

describe("the documentation", () => {
  it.each(Object.entries(REFERENCE_PAGES))("has a %s that says what the code says", (name, render) => {
    expect(read(`docs/${name}`), "run npm run docs").toBe(render());
  });

  it.each(MADE_PARTS.map((part) => [part.page, part] as const))(
    "has parts in %s that say what the code says",
    (page, part) => {
      expect(read(`docs/${page}`), "run npm run docs").toBe(withPart(read(`docs/${page}`), part));
    },
  );

  it("explains every error of the catalogue", () => {
    const page = read("docs/errors.md");
    const missing = Object.keys(ERROR_CATALOGUE).filter((code) => !page.includes(`<a id="${code}"></a>`));
    expect(missing).toEqual([]);
  });

  it.each(PAGES)("has only links that lead somewhere in %s", (page) => {
    const targets = [...read(page).matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, target = ""]) => target);
    expect(targets.filter((target) => !existsSync(join(ROOT, dirname(page), target)))).toEqual([]);
  });

  it("names only files of the code that exist in ARCHITECTURE.md", () => {
    const named = [...read("ARCHITECTURE.md").matchAll(/`([a-z][\w./-]*\/[\w./-]*)`/g)].map(([, path = ""]) => path);
    const places = (path: string) => [join(ROOT, path), join(ROOT, "packages", path)];
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter((path) => !places(path).some((place) => existsSync(place)))).toEqual([]);
  });

  it("names only tests that exist in docs/safeguards.md", () => {
    const named = [...read("docs/safeguards.md").matchAll(/`((?:test|packages)\/[\w./-]*)`/g)].map(
      ([, path = ""]) => path,
    );
    expect(named.length).toBeGreaterThan(15);
    expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });

  it("names only npm scripts that exist", () => {
    const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
    const named = PAGES.flatMap((page) => [...read(page).matchAll(/npm run ([\w:-]+)/g)].map(([, name = ""]) => name));
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });
});
