#!/usr/bin/env node
import { runManage } from "../src/main/manage.ts";

// The name that netstat and ps show.
process.title = "protector-manage";
process.exit(await runManage(process.argv.slice(2), process.env));
