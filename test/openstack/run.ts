#!/usr/bin/env node
import { parseArgs } from "node:util";
import { writeSummary } from "../summary.ts";
import { CHAPTERS } from "./chapters.ts";
import { runOpenstackSuites } from "./run-suites.ts";

/*
 * `npm run test:openstack [-- CHAPTER...] [--keep]`: brings two real OpenStack clouds up when they are not, installs
 * Protector on them and tells the whole story, or only some of its chapters; `--keep` leaves the clouds. On other hosts
 * than Debian with root, `PROTECTOR_TEST_CLOUDS=NAME,NAME` takes two administrators' entries of a clouds.yaml.
 */

const names = CHAPTERS.map(({ name }) => name);
const { values, positionals } = parseArgs({ options: { keep: { type: "boolean" } }, allowPositionals: true });
const unknown = positionals.find((name) => !names.includes(name));
if (unknown === undefined) {
  const chapters = positionals.length > 0 ? positionals : names;
  writeSummary(
    await runOpenstackSuites({ endsAt: Number.POSITIVE_INFINITY, chapters, keepClouds: values.keep === true }),
  );
} else {
  process.stderr.write(`There is no chapter ${unknown}; there are ${names.join(", ")}.\n`);
  process.exitCode = 64;
}
