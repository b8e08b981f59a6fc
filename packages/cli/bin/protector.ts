#!/usr/bin/env node
import { enableCompileCache } from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";

// Before anything else is loaded: the second start takes half the time. In the user's own directory, since what lies in
// a shared one could have been put there by somebody else.
enableCompileCache(join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "protector"));
const { main } = await import("../src/main.ts");
process.exitCode = await main();
