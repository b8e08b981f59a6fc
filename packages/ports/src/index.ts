export { type Clock, skewedClock, systemClock } from "./clock.ts";
export { type Effect, type FailureClass, OutsideError, type OutsideFailure } from "./failure.ts";
export {
  type HttpRequest,
  type HttpResponse,
  type HttpTransport,
  HttpTransportError,
  type TlsOptions,
  type TransportFault,
} from "./http.ts";
export { NodeTransport } from "./node-transport.ts";
export { type Random, seededRandom, systemRandom, withJitter } from "./random.ts";
export { systemTcpProbe, type TcpProbe, type TcpTarget } from "./tcp.ts";
export { UndiciTransport } from "./undici-transport.ts";
export { VirtualClock } from "./virtual-clock.ts";
