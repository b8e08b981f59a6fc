import { join } from "node:path";
import type { Pair } from "../clouds/pair.ts";
import { SITES } from "../clouds/site.ts";
import { requireSuccess } from "../machines/command.ts";
import { waitFor } from "../machines/wait.ts";
import { buildHostPackages } from "./host-packages.ts";
import { INSTALL_STEPS, type Walk } from "./install-steps.ts";

/** Where the API of a site must answer by then. ms */
const START_LIMIT_MS = 300_000;

/**
 * Both sites of a pair before the first step: the first one installs from npm, the second one from the Debian package.
 * The packages are built from this checkout.
 */
export async function beginWalks({ sites, folder }: Pair): Promise<readonly [Walk, Walk]> {
  const packages = await buildHostPackages(join(folder, "packages"));
  return [
    { site: SITES["site-a"], machine: sites["site-a"], way: "npm", packages },
    { site: SITES["site-b"], machine: sites["site-b"], way: "debian", packages },
  ];
}

/**
 * Installs Protector on both sites of a pair as docs/install.md says, up to step 8; nothing happens at a site whose
 * services run already.
 * @throws Error with the output of the step that failed.
 */
export async function installProtector(pair: Pair, say: (stage: string) => void): Promise<void> {
  const walks = await beginWalks(pair);
  await Promise.all(
    walks.map(async (walk) => {
      if (await answers(walk)) return;
      for (const [name, step] of Object.entries(INSTALL_STEPS)) {
        say(`${walk.site.name}: ${name}`);
        requireSuccess(await step(walk), `${walk.site.name}: ${name}`);
      }
      await waitForApi(walk);
    }),
  );
}

/** @throws Error with the journal of the API when it does not answer in time. */
export async function waitForApi(walk: Walk): Promise<void> {
  await waitFor(async () => ((await answers(walk)) ? true : undefined), {
    what: `${walk.site.name}: protector-api does not answer`,
    timeoutMs: START_LIMIT_MS,
    explain: () => walk.machine.journal("protector-api"),
  });
}

async function answers({ machine }: Walk): Promise<boolean> {
  return (await machine.run("curl --silent --fail http://controller:8788/")).code === 0;
}
