import { hasCode } from "@protector/client";
import { twoSites } from "./two-sites.ts";

/** Makes a group at one site and takes it to the other; a name that is taken is no failure here. */
const [, , name = "shop"] = process.argv;
const sites = twoSites(process.env);
try {
  const { value, delivery } = await sites.createGroup({ name });
  process.stdout.write(`${value.name}: generation ${value.generation}, both sites know it: ${delivery.isDelivered}\n`);
} catch (error) {
  if (!hasCode(error, "protection_group.name_exists")) throw error;
  process.stdout.write(`${error.site} has it already (${error.code}). ${error.help}\n`);
}
