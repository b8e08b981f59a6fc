export type { Announcement, BusState, MessageBus, MessageHandler, Subscription } from "./message-bus.ts";
export { noneBus } from "./none-bus.ts";
export { type MessageBusPorts, openMessageBus } from "./open-message-bus.ts";
export { type ParsedTransportUrl, parseTransportUrl, type Transport } from "./transport-url.ts";
