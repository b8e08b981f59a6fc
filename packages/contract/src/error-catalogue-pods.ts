import type { ErrorCatalogueEntries } from "./error-catalogue-entry.ts";

/** Of sync replication: pods that are stretched over both arrays, and what is in them. */
export const POD_ERRORS = {
  "policy.pod_needs_sync": {
    status: 400,
    title: "Pod of a group that is not in one",
    help: "Leave --pod out; or make a group of the other type: protector protection-group create NAME --replication-type sync",
  },
  "policy.pod_fixed": {
    status: 409,
    title: "Pod cannot be changed",
    help: "A group stays in the pod that it was set up in. Make another group for the other pod: protector protection-group create NAME --replication-type sync",
  },
  "pod.not_found": {
    status: 409,
    title: "Pod not found",
    help: "Name Cinder's pod (pure_replication_pod_name, usually cinder-pod) when the policy is created, or ask the storage administrator to create it and to stretch it over both arrays.",
  },
  "pod.not_stretched": {
    status: 409,
    title: "Pod not stretched over both arrays",
    help: "Ask the storage administrator to stretch the pod over exactly the two arrays of the policy: protector policy show GROUP names them.",
  },
  "pod.half_not_online": {
    status: 409,
    title: "Pod not online at the array",
    help: "What that array holds may be old. Wait until it is online again (it resyncs by itself); or recover from an older recovery point: protector recovery-point list GROUP, then --point POINT.",
  },
  "pod.split_brain": {
    status: 409,
    title: "Each array says that it alone has the pod",
    help: "Start nothing until the storage administrator says which array has the data. Turn the other one off, or recover from an older recovery point: --point POINT.",
  },
  "member.volume_not_in_pod": {
    status: 400,
    title: "Volume not in the group's pod",
    help: "Retype the named volume to a type of sync replication: openstack volume set --type TYPE --retype-policy on-demand VOLUME. Or put the server into a group of type async.",
  },
  "member.volume_in_pod": {
    status: 400,
    title: "Volume in a pod",
    help: "Put the server into a group of type sync: protector protection-group create NAME --replication-type sync",
  },
  "mapping.volume_type_sync": {
    status: 409,
    title: "Recovered volumes cannot be of a sync type",
    help: "Cinder takes no volume into a pod. Map the type to one that is replicated asynchronously, or not at all: protector mapping set GROUP --volume-type HERE=THERE",
  },
  "failback.into_pod": {
    status: 409,
    title: "No way back into the pod",
    help: "Let the group stay where it runs: protector move-home GROUP. Then protector failover GROUP brings its servers back onto volumes outside of the pod.",
  },
} as const satisfies ErrorCatalogueEntries;
