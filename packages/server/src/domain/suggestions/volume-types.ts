import type { MappingCandidate, SiteInventory } from "@protector/contract";
import type { UsedResource } from "../used-resources.ts";
import { candidate } from "./candidate.ts";
import type { SuggestionContext } from "./context.ts";

type VolumeType = SiteInventory["volume_types"][number];

const asNamed = ({ name }: VolumeType) => ({ id: name, name });
const isReplicated = ({ extra_specs }: VolumeType) => /true/i.test(extra_specs.replication_enabled ?? "");
/** `async`, `sync`; undefined when members may not see it. */
const replicationOf = ({ extra_specs }: VolumeType) => extra_specs.replication_type?.replace(/^<in> /, "");

/** Its volumes are in a pod. */
const isOfPod = (type: VolumeType) => /^(tri)?sync$/.test(replicationOf(type) ?? "");

/** Types that replicate as the one at home does. */
export function typeCandidates(context: SuggestionContext, { id }: UsedResource): readonly MappingCandidate[] {
  const { home, other, podTypes } = context;
  const here = home.volume_types.find(({ name }) => name === id);
  if (podTypes.has(id) || (here && isOfPod(here))) return typesOutsidePods(context, id);
  const kind = here && replicationOf(here);
  const fitting = other.volume_types.filter(
    (type) =>
      isReplicated(type) && !isOfPod(type) && (kind === undefined || [kind, undefined].includes(replicationOf(type))),
  );
  const what = kind === undefined ? "replicates" : `replicates (${kind})`;
  const found = fitting.map((type) => {
    if (type.name === id) return candidate(asNamed(type), "sure", `same name, ${what}`);
    const isOnly = fitting.length === 1;
    return candidate(asNamed(type), isOnly ? "sure" : "possible", isOnly ? `the only type there that ${what}` : what);
  });
  const named = other.volume_types.find(({ name }) => name === id);
  if (!named || isOfPod(named) || fitting.includes(named)) return found;
  return [...found, candidate(asNamed(named), "possible", "same name; whether it replicates is not shown to members")];
}

/** What is recovered of volumes in a pod is outside of one; a type of the same name is one of a pod there too, perhaps. */
function typesOutsidePods({ other }: SuggestionContext, id: string): readonly MappingCandidate[] {
  const fitting = other.volume_types.filter((type) => isReplicated(type) && !isOfPod(type));
  const others = fitting.filter(({ name }) => name !== id);
  const reason = "replicates; recovered volumes are outside of the pod";
  return fitting.map((type) => {
    if (type.name === id) return candidate(asNamed(type), "possible", "same name; it must not be of sync replication");
    const isOnly = others.length === 1;
    const confidence = !isOnly ? "possible" : fitting.length === 1 ? "sure" : "likely";
    return candidate(asNamed(type), confidence, isOnly ? `the only other type that ${reason}` : reason);
  });
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
