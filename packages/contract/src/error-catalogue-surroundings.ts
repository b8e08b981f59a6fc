import type { ErrorCatalogueEntries } from "./error-catalogue-entry.ts";

/** Errors that arrays, clouds and the service's own surroundings cause. */
export const SURROUNDINGS_ERRORS = {
  "storage.refused": { status: 502, title: "Array refused", help: "See the array's own words in the detail." },
  "storage.unreachable": {
    status: 503,
    title: "Array unreachable",
    help: "Check the array's management address and network. The operation goes on when it answers.",
  },
  "storage.credentials": {
    status: 409,
    title: "Array credentials refused",
    help: "Replace the API token in the policy or in protector.conf.",
  },
  "storage.unsupported": { status: 409, title: "Array too old", help: "REST 2.4 or newer is needed." },
  "storage.not_connected": {
    status: 409,
    title: "Arrays not connected",
    help: "Connect the two arrays for replication, then retry.",
  },
  "storage.volume_connected": {
    status: 409,
    title: "Volume still connected",
    help: "A host still holds the volume. It is never overwritten while connected.",
  },
  "storage.no_data": {
    status: 409,
    title: "Mock array holds no data",
    help: "The driver mock is for labs: Cinder makes each recovered volume, a bootable one from its image. Put the image there under the same id, or use real arrays.",
  },
  "storage.unknown_answer": {
    status: 502,
    title: "Array gave an unknown answer",
    help: "Nothing more was done. See the raw text in the detail.",
  },
  "cloud.refused": { status: 502, title: "OpenStack refused", help: "See the service's own words in the detail." },
  "cloud.unreachable": {
    status: 503,
    title: "OpenStack unreachable",
    help: "Check the named service. The operation goes on when it answers.",
  },
  "cloud.forbidden": {
    status: 409,
    title: "OpenStack forbids it",
    help: "Give the rights that the named call needs; see the table of rights in the administrator's guide.",
  },
  "cloud.credentials": {
    status: 409,
    title: "OpenStack credentials refused",
    help: "Correct the registered credential: protector site set",
  },
  "cloud.server_error": { status: 502, title: "Server went to ERROR", help: "See Nova's fault in the detail." },
  "cloud.volume_error": { status: 502, title: "Volume went to error", help: "See Cinder's volume status and its log." },
  "step.timed_out": {
    status: 504,
    title: "Step timed out",
    help: "What it waited for did not happen in time. Look at it, then resume.",
  },
  "messaging.unreachable": {
    status: 503,
    title: "Message broker unreachable",
    help: "Operations go on by sweeping, more slowly. Check RabbitMQ.",
  },
  "secrets.unavailable": {
    status: 503,
    title: "Secret store unavailable",
    help: "Copy the key repository of this site to this host: [secrets] key_repository.",
  },
  "database.unavailable": {
    status: 503,
    title: "Database unavailable",
    help: "Check MariaDB and [database] connection.",
  },
  internal: {
    status: 500,
    title: "Internal error",
    help: "Look for the request id in the log of protector-api and protector-engine.",
  },
} as const satisfies ErrorCatalogueEntries;
