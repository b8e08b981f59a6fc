#!/usr/bin/env node
import { openPair } from "./clouds/pair.ts";
import { purge, takeDown } from "./clouds/take-down.ts";

/*
 * `npm run openstack:down`: stops a pair of clouds and removes what belongs to it. With `--purge` the images that pairs
 * are made from go as well.
 */

const [option, ...rest] = process.argv.slice(2);
if ((option !== undefined && option !== "--purge") || rest.length > 0) {
  process.stderr.write("usage: npm run openstack:down [-- --purge]\n");
  process.exitCode = 64;
} else {
  try {
    await takeDown(openPair());
    if (option === "--purge") await purge();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
