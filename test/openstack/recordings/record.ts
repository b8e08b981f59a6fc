#!/usr/bin/env node
import { parseArgs } from "node:util";
import { openPair } from "../clouds/pair.ts";
import { SITE_NAMES } from "../clouds/site.ts";
import { differingCalls } from "./differing-calls.ts";
import { readRecordings, writeRecordings } from "./files.ts";
import { cloudsFileTarget, pairTarget } from "./real-target.ts";
import { recordCloud } from "./record-cloud.ts";

/*
 * `npm run record:openstack [-- --cloud NAME --clouds-file FILE --volume-type NAME --image NAME] [--check]`: makes every
 * call that Protector makes to a real cloud, shows what answers otherwise than before, and writes the recordings anew
 * (not with --check). Without options it is the first cloud of the pair that `npm run openstack:up` brings up; then it
 * runs beside it: `npm run openstack:run -- npm run record:openstack`.
 */

const { values } = parseArgs({
  options: {
    cloud: { type: "string", default: "site-a" },
    "clouds-file": { type: "string" },
    "volume-type": { type: "string", default: "replicated" },
    image: { type: "string", default: "cirros" },
    check: { type: "boolean", default: false },
  },
});
const start = Date.now();
const { target, close } = open();
try {
  const { services, unused, surprises } = await recordCloud(target);
  for (const text of surprises) say(`not as the scenario says: ${text}`);
  for (const name of unused) say(`no step calls ${name}`);
  const before = readRecordings();
  for (const service of services) {
    const known = before.find((each) => each.service === service.service);
    const lines = differingCalls(known?.calls ?? [], service.calls);
    say(`${service.service}: ${service.calls.length} calls, ${lines.length} answered otherwise than before`);
    for (const line of lines) say(`  ${line}`);
  }
  if (!values.check) writeRecordings(services);
  say(`${((Date.now() - start) / 1000).toFixed(1)} s`);
} finally {
  await close();
}

function open() {
  const file = values["clouds-file"];
  const offers = { replicatedType: values["volume-type"], image: values.image };
  if (file !== undefined) return cloudsFileTarget(file, values.cloud, offers);
  const site = SITE_NAMES.find((name) => name === values.cloud);
  if (!site) throw new Error(`the pair has no cloud ${values.cloud}: name its clouds.yaml by --clouds-file`);
  return pairTarget(openPair(), site);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
