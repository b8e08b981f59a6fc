import { badRequest, notFound } from "../core/api-error.ts";
import type { Call } from "../core/call.ts";
import type { ComputeHost } from "../nova/records.ts";

/** What `GET /allocation_candidates` asks for. */
export interface CandidateQuery {
  readonly resources: Readonly<Record<string, number>>;
  /** `!` in front of forbidden ones. */
  readonly traits: readonly string[];
  readonly limit: number | undefined;
}

/** Minor versions from which the API takes something. */
const SINCE = { candidates: 10, limit: 16, required: 17, forbidden: 22 } as const;

/**
 * Reads the query as strictly as Placement does.
 * @throws ApiError 404 before candidates existed; 400 for what is malformed, unknown or newer than the version asked for.
 */
export function candidateQuery({ query, version }: Call, hosts: readonly ComputeHost[]): CandidateQuery {
  if (version < SINCE.candidates) throw notFound("The resource could not be found.");
  for (const name of query.keys()) {
    const since = name === "limit" ? SINCE.limit : name === "required" ? SINCE.required : 0;
    if (!["resources", "limit", "required"].includes(name) || version < since) {
      throw invalid(`Additional properties are not allowed ('${name}' was unexpected)`);
    }
  }
  return {
    resources: resourcesOf(query.get("resources")),
    traits: traitsOf(query.get("required"), { hosts, mayForbid: version >= SINCE.forbidden }),
    limit: limitOf(query.get("limit")),
  };
}

function resourcesOf(text: string | null): Record<string, number> {
  if (text === null) throw invalid("'resources' is a required property");
  const pairs = text.split(",").map((each) => /^([A-Z0-9_]+):([1-9]\d*)$/.exec(each));
  if (pairs.includes(null)) {
    const form = "Expected resources query string parameter in form: ?resources=VCPU:2,MEMORY_MB:1024.";
    throw badRequest(`Badly formed resources parameter. ${form} Got: ${text}.`);
  }
  const resources = Object.fromEntries(pairs.map((pair) => [pair?.[1] ?? "", Number(pair?.[2])]));
  const unknown = Object.keys(resources).find((name) => name.startsWith("CUSTOM_"));
  if (unknown) {
    throw badRequest(`Invalid resource class in resources parameter: No such resource class ${unknown}.`);
  }
  return resources;
}

/** Standard traits are known; custom ones only once a host has them. */
function traitsOf(
  text: string | null,
  { hosts, mayForbid }: { readonly hosts: readonly ComputeHost[]; readonly mayForbid: boolean },
): readonly string[] {
  const traits = text === null ? [] : text.split(",");
  if (traits.some((trait) => !/^!?[A-Z0-9_]+$/.test(trait) || (trait.startsWith("!") && !mayForbid))) {
    throw badRequest(
      `Invalid query string parameters: Expected 'required' parameter value of the form: HW_CPU_X86_VMX,CUSTOM_MAGIC. Got: ${text}`,
    );
  }
  const names = traits.map((trait) => trait.replace("!", ""));
  const unknown = names.filter((name) => name.startsWith("CUSTOM_") && !hosts.some((host) => host.traits.has(name)));
  if (unknown.length > 0) throw badRequest(`No such trait(s): ${unknown.join(", ")}.`);
  return traits;
}

function limitOf(text: string | null): number | undefined {
  if (text === null) return undefined;
  if (!/^[1-9]\d*$/.test(text)) throw invalid(`'${text}' does not match '^[1-9][0-9]*$'`);
  return Number(text);
}

const invalid = (message: string) => badRequest(`Invalid query string parameters: ${message}`);
