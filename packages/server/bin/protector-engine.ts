#!/usr/bin/env -S node --max-semi-space-size=4
import { runEngine } from "../src/main/engine.ts";

// The name that netstat and ps show.
process.title = "protector-engine";
process.exit(await runEngine(process.argv.slice(2), process.env));
