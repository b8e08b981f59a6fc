#!/usr/bin/env node
import { runStatus } from "../src/main/status.ts";

// The name that netstat and ps show.
process.title = "protector-status";
process.exit(await runStatus(process.argv.slice(2), process.env));
