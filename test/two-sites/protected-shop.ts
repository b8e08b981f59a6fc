import type { WorkingSites } from "./working-sites.ts";

const PAIRS = [
  ["network", "demo-front"],
  ["network", "demo-back"],
  ["subnet", "demo-front-subnet"],
  ["subnet", "demo-back-subnet"],
  ["flavor", "m1.small"],
  ["flavor", "m1.medium"],
  ["security-group", "demo-web"],
  ["security-group", "demo-database"],
  ["volume-type", "replicated"],
] as const;

/** Options of `mapping set` for everything that the servers use, of the same name at every site. */
export const USUAL_MAPPINGS = PAIRS.map(([kind, name]) => `--${kind} ${name}=${name}`).join(" ");

/** Protects app-01 as group `back` beside the shop. */
export async function protectBack(here: WorkingSites): Promise<void> {
  await here.must(
    "pg create back",
    `mapping set back ${USUAL_MAPPINGS} --test-volume-type replicated=plain`,
    "pg policy-create back --primary-backend array-a --secondary-backend array-b --wait",
    "member add back app-01 --wait",
    "pg replicate back --wait",
  );
}

/** The same with volumes in a pod. */
export async function protectSyncShop(here: WorkingSites): Promise<void> {
  await here.must(
    "pg create shop --replication-type sync",
    `mapping set shop ${USUAL_MAPPINGS} --volume-type sync=replicated --test-volume-type sync=plain`,
    "pg policy-create shop --primary-backend array-a --secondary-backend array-b --wait",
    "member add shop db-01 --tier 0 --wait",
    "member add shop web-01 --tier 1 --wait",
    "pg replicate shop --wait",
  );
}

/** Protects db-01 and web-01 as group `shop`, by the commands that people type. */
export async function protectShop(here: WorkingSites): Promise<void> {
  await here.must(
    "pg create shop",
    `mapping set shop ${USUAL_MAPPINGS} --test-volume-type replicated=plain`,
    "pg policy-create shop --primary-backend array-a --secondary-backend array-b --wait",
    "member add shop db-01 --tier 0 --wait",
    "member add shop web-01 --tier 1 --wait",
    "pg replicate shop --wait",
  );
}
