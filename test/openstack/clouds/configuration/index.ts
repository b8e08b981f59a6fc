import { CINDER } from "./cinder.ts";
import { GLANCE } from "./glance.ts";
import { KEYSTONE } from "./keystone.ts";
import { NEUTRON } from "./neutron.ts";
import { NOVA } from "./nova.ts";
import { PLACEMENT } from "./placement.ts";
import type { Service } from "./service.ts";

export { INFRASTRUCTURE_FILES, INFRASTRUCTURE_UNITS } from "./infrastructure.ts";
export type { ConfigurationFile, Service, ServiceUnit } from "./service.ts";

/** The services of a cloud in the order in which they start. */
export const SERVICES: readonly Service[] = [KEYSTONE, PLACEMENT, GLANCE, NEUTRON, NOVA, CINDER];
