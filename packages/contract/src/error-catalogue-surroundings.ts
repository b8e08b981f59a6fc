import type { ErrorCatalogueEntries } from "./error-catalogue-entry.ts";

/** Errors that arrays, clouds and the service's own surroundings cause. */
export const SURROUNDINGS_ERRORS = {
  "storage.refused": {
    status: 502,
    title: "Array refused",
    help: "The array's own words stand in the message. Put right there what they name, then: protector operation resume ID",
  },
  "storage.unreachable": {
    status: 503,
    title: "Array unreachable",
    help: "Check the array's management address and network, from the engine's host. The operation goes on when it answers.",
  },
  "storage.credentials": {
    status: 409,
    title: "Array credentials refused",
    help: "Give the token anew: protector policy update GROUP --primary-fa-api-token or --secondary-fa-api-token; of a backend: fa_api_token in protector.conf. Then: protector operation resume ID",
  },
  "storage.not_connected": {
    status: 409,
    title: "Arrays not connected",
    help: "Connect the two arrays for replication (the array says why not: purearray list --connect), then start again.",
  },
  "storage.volume_connected": {
    status: 409,
    title: "Volume still connected",
    help: "A host holds it; it is never overwritten while connected. See on the array which host, disconnect it, then: protector operation retry ID",
  },
  "storage.no_data": {
    status: 409,
    title: "Mock array holds no data",
    help: "The driver mock is for labs: Cinder makes each recovered volume, a bootable one from its image. Put the image there under the same id, or use real arrays.",
  },
  "cloud.refused": {
    status: 502,
    title: "OpenStack refused",
    help: "The service's own words stand in the message. Put right there what they name, then: protector operation retry ID",
  },
  "cloud.unreachable": {
    status: 503,
    title: "OpenStack unreachable",
    help: "Check the service that the message names. The operation goes on when it answers.",
  },
  "cloud.forbidden": {
    status: 409,
    title: "OpenStack forbids it",
    help: "Give the right that the named call needs (docs/rights.md), then: protector operation retry ID",
  },
  "cloud.credentials": {
    status: 409,
    title: "OpenStack credentials refused",
    help: "Which login is refused tells the address. A registered site's: protector site set SITE --username NAME --password WORD; this site's own: [keystone_authtoken] in protector.conf.",
  },
  "cloud.server_error": {
    status: 502,
    title: "Server went to ERROR",
    help: "Nova's reason stands in the message. Cure it there, then: protector operation retry ID builds the server again.",
  },
  "cloud.volume_error": {
    status: 502,
    title: "Volume went to error",
    help: "See the volume's status, and Cinder's log for why: openstack volume show ID. Then: protector operation retry ID",
  },
  "step.timed_out": {
    status: 504,
    title: "Step timed out",
    help: "Look at what it waits for. It is looked at again every half minute; or give it up: protector operation cancel ID",
  },
  "secrets.unavailable": {
    status: 503,
    title: "Secret store unavailable",
    help: "Copy the key repository of this site to this host ([secrets] key_repository of protector.conf), then: systemctl restart protector-api protector-engine",
  },
  "database.unavailable": {
    status: 503,
    title: "Database unavailable",
    help: "Check on the controller that MariaDB runs (systemctl status mariadb) and [database] connection of protector.conf.",
  },
  internal: {
    status: 500,
    title: "Internal error",
    help: "Look for the request id in the logs of that site: journalctl -u protector-api -u protector-engine | grep REQUEST. Report what stands there.",
  },
} as const satisfies ErrorCatalogueEntries;
