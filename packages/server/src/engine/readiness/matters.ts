import { type Finding, passed } from "./finding.ts";

/** What a line of the result stands for when nothing of it was found wrong: one line per matter that was looked at. */
const MATTERS: readonly { readonly check: string; readonly codes: RegExp; readonly reason: string }[] = [
  { check: "markers", codes: /^marker\./, reason: "The marker stands at the group's epoch on both arrays." },
  {
    check: "replication",
    codes: /^(storage\.|member\.volume_not_replicated|failback\.not_reprotected)/,
    reason: "The array group holds every volume, its target is allowed and the arrays are connected.",
  },
  { check: "recovery_point", codes: /^recovery_point\./, reason: "A recovery point inside the RPO is complete there." },
  {
    check: "servers",
    codes:
      /^(drift\..*|failback\.difference|member\.(server_not_found|changed|wrong_state)|protection_group\.wrong_status)$/,
    reason: "Every server, its volumes and NICs are as they were captured.",
  },
  { check: "mappings", codes: /^mapping\./, reason: "Everything the servers use is mapped to something that fits." },
  { check: "addresses", codes: /^address\./, reason: "No fixed IP or MAC of the servers is taken there." },
  { check: "quota", codes: /^quota\./, reason: "The project's quota there has room for the servers." },
  {
    check: "capacity",
    codes: /^capacity\./,
    reason: "Placement knows hosts there with room for a server of each size.",
  },
  { check: "trust", codes: /^trust\./, reason: "A trust of the project yields a token here, and none ends soon." },
  { check: "credentials", codes: /^credential\./, reason: "No administrator's password ends soon." },
  { check: "cinder_backend", codes: /^site\./, reason: "The Cinder backend on the array there is known." },
];

/** The same for a group in a pod, which sends nothing. */
const MATTERS_IN_POD: typeof MATTERS = [
  {
    check: "replication",
    codes: /^(pod\.|storage\.|member\.volume_not_replicated)/,
    reason: "The pod is online at both arrays, each has its mediator, and the array group holds every volume.",
  },
  {
    check: "recovery_point",
    codes: /^recovery_point\./,
    reason: "Older data can be had too: points are cut and kept.",
  },
];

/** Lines for the matters that nothing was found of. */
export function matters(
  found: readonly Finding[],
  group: { readonly name: string; readonly isInPod: boolean },
): readonly Finding[] {
  const others = group.isInPod ? MATTERS_IN_POD : [];
  return MATTERS.map((usual) => others.find(({ check }) => check === usual.check) ?? usual)
    .filter(({ codes }) => !found.some(({ check }) => codes.test(check)))
    .map(({ check, reason }) => passed(check, group.name, reason));
}
