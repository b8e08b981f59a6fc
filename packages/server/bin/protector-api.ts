#!/usr/bin/env node
import { runApi } from "../src/main/api.ts";

// The name that netstat and ps show.
process.title = "protector-api";
process.exit(await runApi(process.argv.slice(2), process.env));
