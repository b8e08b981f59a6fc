#!/usr/bin/env node
import { spawn } from "node:child_process";
import { openPair } from "./clouds/pair.ts";
import { namespaceCommand } from "./machines/network.ts";

/*
 * `npm run openstack:run -- COMMAND...`: runs a command beside a pair of clouds, where it sees their network and knows
 * `site-a-controller` and `site-b-controller`; `OS_CLIENT_CONFIG_FILE` names their clouds.yaml.
 */

const pair = openPair();
const [program = "", ...args] = namespaceCommand(pair.network.namespace, process.argv.slice(2));
const child = spawn(program, args, {
  stdio: "inherit",
  env: { ...process.env, OS_CLIENT_CONFIG_FILE: pair.cloudsFile },
});
child.once("error", (error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
child.once("exit", (code) => {
  process.exitCode = code ?? 1;
});
