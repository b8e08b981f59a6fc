/**
 * Announces work between the processes of one site. Messages are hints ("look at operation X"): the database is the truth,
 * and engines sweep it for what was not announced. So a lost, repeated or late message does no harm.
 */
export interface MessageBus {
  /**
   * Announces an operation. Never rejects and is bounded in time: a request does not fail because RabbitMQ is down.
   */
  publish(operationId: string): Promise<Announcement>;
  /** Calls `handler` for each announced operation; the message is done when the handler is. */
  subscribe(handler: MessageHandler): Subscription;
  state(): BusState;
  /** Ends subscriptions once their running handlers have ended, then the connection. */
  close(): Promise<void>;
}

/** `not_announced`: the broker did not confirm it; a sweep will find the work. */
export type Announcement = "announced" | "not_announced";

/** A handler that rejects sees the message again, a bounded number of times. */
export type MessageHandler = (operationId: string) => Promise<void>;

export interface Subscription {
  /** Takes no further messages; resolves once running handlers have ended. */
  close(): Promise<void>;
}

/** `none`: there is no broker by configuration. */
export type BusState = "connected" | "reconnecting" | "none";
