#!/usr/bin/env node
import { runEngine } from "../src/main/engine.ts";

// The name that netstat and ps show.
process.title = "protector-engine";
process.exit(await runEngine(process.argv.slice(2), process.env));
