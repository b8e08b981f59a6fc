import { twoSites } from "./two-sites.ts";

/** Every group, two to a page: the next page is asked for when the loop comes to it. */
const { near } = twoSites(process.env);
for await (const group of near.list("protection_groups.index", { query: { limit: 2, sort: "name:asc" } }))
  process.stdout.write(`${group.name} ${group.status}\n`);
