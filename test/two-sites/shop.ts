import { DEMO_RESOURCES } from "../../packages/simulator/src/index.ts";
import type { WorkingSites } from "./working-sites.ts";

/** How the group `shop` differs from the usual one. */
export interface Shop {
  /** Servers, in start order; default db-01, app-01, web-01. */
  readonly members?: readonly string[];
  /** Kind of resources that stays unmapped; default none. */
  readonly unmapped?: (typeof DEMO_RESOURCES)[number][0];
  /** Volume type at site B of a test's volumes; default none. */
  readonly testType?: string;
}

/** Protects servers as the group `shop`, with one recovery point at site B. */
export async function protectShop(here: WorkingSites, shop: Shop = {}): Promise<void> {
  const { members = ["db-01", "app-01", "web-01"], unmapped, testType } = shop;
  const pairs = DEMO_RESOURCES.filter(([kind]) => kind !== unmapped).map(([kind, name]) => `--${kind} ${name}=${name}`);
  if (testType !== undefined) pairs.push(`--test-volume-type replicated=${testType}`);
  await here.must(
    "pg create shop",
    `mapping set shop ${pairs.join(" ")}`,
    "pg policy-create shop --primary-backend array-a --secondary-backend array-b --wait",
    ...members.map((name, tier) => `member add shop ${name} --tier ${tier} --wait`),
    "pg replicate shop --wait",
  );
}
