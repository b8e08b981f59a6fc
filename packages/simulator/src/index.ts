export { append, BLANK, type Content, type Write, writesOf } from "./content/content.ts";
export * from "./flasharray/index.ts";
export { type CallOutcome, Conditions, type Fault, type FaultRule, type RecordedCall } from "./http/faults.ts";
export { inProcessTransport } from "./http/in-process-transport.ts";
export { listen, type ServerCertificate } from "./http/listener.ts";
export type { SimulatedRequest, SimulatedResponse, SimulatedService } from "./http/service.ts";
export * from "./openstack/index.ts";
export * from "./problems.ts";
export * from "./world.ts";
