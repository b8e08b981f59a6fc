#!/usr/bin/env node
import { writeFileSync } from "node:fs";
import { REFERENCE_PAGES } from "./reference-pages.ts";

for (const [name, render] of Object.entries(REFERENCE_PAGES)) writeFileSync(new URL(name, import.meta.url), render());
