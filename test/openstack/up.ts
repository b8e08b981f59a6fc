#!/usr/bin/env node
import { bringUp, whyNotHere } from "./clouds/bring-up.ts";
import { openPair } from "./clouds/pair.ts";

/*
 * `npm run openstack:up`: brings a pair of clouds up, or what is missing of it. `PROTECTOR_OPENSTACK_PAIR` names another
 * pair than the default one. Exit status 69 (EX_UNAVAILABLE of sysexits.h): not possible on this host.
 */

const UNAVAILABLE = 69;

const reason = whyNotHere();
if (reason !== undefined) {
  process.stderr.write(`${reason}\n`);
  process.exitCode = UNAVAILABLE;
} else {
  const start = Date.now();
  const say = (text: string) => {
    const seconds = ((Date.now() - start) / 1000).toFixed(1);
    process.stdout.write(`[${seconds.padStart(6)} s] ${text}\n`);
  };
  try {
    const pair = openPair();
    await bringUp(pair, say);
    say(`pair ${pair.name} is up: ${pair.cloudsFile}`);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    if (error instanceof Error && error.cause !== undefined) process.stderr.write(`because: ${error.cause}\n`);
    process.exitCode = 1;
  }
}
