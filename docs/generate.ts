#!/usr/bin/env node
import { readFileSync, writeFileSync } from "node:fs";
import { MADE_PARTS, withPart } from "./made-parts.ts";
import { REFERENCE_PAGES } from "./reference-pages.ts";

for (const [name, render] of Object.entries(REFERENCE_PAGES)) writeFileSync(new URL(name, import.meta.url), render());
for (const part of MADE_PARTS) {
  const page = new URL(part.page, import.meta.url);
  writeFileSync(page, withPart(readFileSync(page, "utf8"), part));
}
