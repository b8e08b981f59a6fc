import {
  compareMicroversions,
  MAX_MICROVERSION,
  MIN_MICROVERSION,
  ProtectorError,
  parseMicroversion,
  SERVICE_TYPE,
} from "@protector/contract";

/** Header that names the microversion, in requests and answers. */
export const VERSION_HEADER = "openstack-api-version";

/**
 * The microversion to execute. The header may hold several services, joined by commas; without ours the oldest counts.
 * @throws ProtectorError `microversion.malformed`, `microversion.unsupported`.
 */
export function requestedVersion(header: string | undefined): string {
  const ours = (header ?? "")
    .split(",")
    .map((part) => part.trim().split(/\s+/))
    .find(([service]) => service?.toLowerCase() === SERVICE_TYPE);
  if (!ours) return MIN_MICROVERSION;
  const [, wanted = "", ...rest] = ours;
  if (rest.length === 0 && wanted.toLowerCase() === "latest") return MAX_MICROVERSION;
  const version = rest.length === 0 ? parseMicroversion(wanted) : undefined;
  if (!version) {
    throw new ProtectorError("microversion.malformed", `"${ours.join(" ")}" is not "${SERVICE_TYPE} X.Y".`);
  }
  const text = `${version.major}.${version.minor}`;
  if (compareMicroversions(text, MIN_MICROVERSION) < 0 || compareMicroversions(text, MAX_MICROVERSION) > 0) {
    const range = `${MIN_MICROVERSION} to ${MAX_MICROVERSION}`;
    throw new ProtectorError("microversion.unsupported", `Version ${text} is not supported; supported are ${range}.`);
  }
  return text;
}
