import type { MessageBus } from "./message-bus.ts";

/** `transport_url = none://`: nothing is announced, engines find work by their sweep alone. */
export const noneBus: MessageBus = {
  publish: async () => "not_announced",
  subscribe: () => ({ close: async () => {} }),
  state: () => "none",
  close: async () => {},
};
