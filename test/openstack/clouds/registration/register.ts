import { SITE_NAMES, SITES } from "../site.ts";
import { registerIdentity } from "./identity.ts";
import { registerOffers } from "./offers.ts";
import { waitForHypervisor, waitForWorkers } from "./readiness.ts";

/*
 * One stage of a cloud's registration: `register.ts SITE STAGE`. A program of its own, as it has to run in the clouds'
 * network.
 */

const STAGES = {
  identity: registerIdentity,
  workers: waitForWorkers,
  offers: registerOffers,
  hypervisor: waitForHypervisor,
};

const [siteName, stageName] = process.argv.slice(2);
const site = SITE_NAMES.find((name) => name === siteName);
const stage = Object.entries(STAGES).find(([name]) => name === stageName)?.[1];
if (site === undefined || stage === undefined) {
  process.stderr.write(`usage: register.ts ${SITE_NAMES.join("|")} ${Object.keys(STAGES).join("|")}\n`);
  process.exitCode = 64;
} else {
  await stage(SITES[site]);
}
