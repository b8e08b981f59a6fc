import type { MappingCandidate, SiteInventory } from "@protector/contract";
import type { UsedResource } from "../used-resources.ts";
import { candidate } from "./candidate.ts";
import type { SuggestionContext } from "./context.ts";

type Flavor = SiteInventory["flavors"][number];

const sizeText = ({ vcpus, ram_mib, disk_gib }: Flavor) => `${vcpus} vCPU, ${ram_mib} MiB, ${disk_gib} GiB disk`;
const isSameSize = (a: Flavor, b: Flavor) =>
  a.vcpus === b.vcpus && a.ram_mib === b.ram_mib && a.disk_gib === b.disk_gib;
const isLarger = (a: Flavor, b: Flavor) => a.vcpus >= b.vcpus && a.ram_mib >= b.ram_mib && a.disk_gib >= b.disk_gib;
const weight = ({ vcpus, ram_mib }: Flavor) => vcpus * 4096 + ram_mib;

/** By size and extra specs; among larger ones the smallest. */
export function flavorCandidates(
  { home, other }: SuggestionContext,
  { id }: UsedResource,
): readonly MappingCandidate[] {
  const here = home.flavors.find((flavor) => flavor.id === id);
  if (!here) return [];
  const [next] = other.flavors
    .filter((flavor) => isLarger(flavor, here) && !isSameSize(flavor, here))
    .sort((a, b) => weight(a) - weight(b));
  return other.flavors.flatMap((flavor) => {
    const isSameName = flavor.name === here.name;
    if (isSameSize(flavor, here)) {
      const difference = specDifference(here, flavor);
      if (difference !== "")
        return [candidate(flavor, "possible", `same size (${sizeText(flavor)}), but ${difference}`)];
      const reason = `same size (${sizeText(flavor)}) and extra specs`;
      return [candidate(flavor, isSameName ? "sure" : "likely", isSameName ? `same name, ${reason}` : reason)];
    }
    if (isSameName)
      return [candidate(flavor, "possible", `same name, but ${sizeText(flavor)}; here ${sizeText(here)}`)];
    if (flavor !== next) return [];
    return [candidate(flavor, "possible", `the next larger: ${sizeText(flavor)}; here ${sizeText(here)}`)];
  });
}

function specDifference(here: Flavor, there: Flavor): string {
  const keys = [...new Set([...Object.keys(here.extra_specs), ...Object.keys(there.extra_specs)])].sort();
  const differing = keys.filter((key) => here.extra_specs[key] !== there.extra_specs[key]);
  const texts = differing.map(
    (key) => `${key} is ${there.extra_specs[key] ?? "not set"}, here ${here.extra_specs[key] ?? "not set"}`,
  );
  return texts.join("; ");
}
