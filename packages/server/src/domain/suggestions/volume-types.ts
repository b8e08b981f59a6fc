import type { MappingCandidate, SiteInventory } from "@protector/contract";
import type { UsedResource } from "../used-resources.ts";
import { candidate } from "./candidate.ts";
import type { SuggestionContext } from "./context.ts";

type VolumeType = SiteInventory["volume_types"][number];

const asNamed = ({ name }: VolumeType) => ({ id: name, name });
const isReplicated = ({ extra_specs }: VolumeType) => /true/i.test(extra_specs.replication_enabled ?? "");
/** `async`, `sync`; undefined when members may not see it. */
const replicationOf = ({ extra_specs }: VolumeType) => extra_specs.replication_type?.replace(/^<in> /, "");

/** Types that replicate as the one at home does. */
export function typeCandidates({ home, other }: SuggestionContext, { id }: UsedResource): readonly MappingCandidate[] {
  const here = home.volume_types.find(({ name }) => name === id);
  const kind = here && replicationOf(here);
  const fitting = other.volume_types.filter(
    (type) => isReplicated(type) && (kind === undefined || [kind, undefined].includes(replicationOf(type))),
  );
  const what = kind === undefined ? "replicates" : `replicates (${kind})`;
  const found = fitting.map((type) => {
    if (type.name === id) return candidate(asNamed(type), "sure", `same name, ${what}`);
    const isOnly = fitting.length === 1;
    return candidate(asNamed(type), isOnly ? "sure" : "possible", isOnly ? `the only type there that ${what}` : what);
  });
  const named = other.volume_types.find(({ name }) => name === id);
  if (!named || fitting.includes(named)) return found;
  return [...found, candidate(asNamed(named), "possible", "same name; whether it replicates is not shown to members")];
}

/** Types whose volumes stay where they are. */
export function testTypeCandidates({ other }: SuggestionContext, _resource: UsedResource): readonly MappingCandidate[] {
  const fitting = other.volume_types.filter((type) => !isReplicated(type) && !type.name.startsWith("__"));
  return fitting.map((type) => {
    const isOnly = fitting.length === 1;
    const reason = isOnly ? "the only type there that does not replicate" : "does not replicate";
    return candidate(asNamed(type), isOnly ? "sure" : "possible", reason);
  });
}
