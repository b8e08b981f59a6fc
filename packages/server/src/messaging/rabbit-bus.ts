import type { Clock } from "@protector/ports";
import { type AsyncMessage, Connection, type Consumer, ConsumerStatus, type Publisher } from "rabbitmq-client";
import { ATTEMPT_HEADER, bodyOf, judgeDelivery } from "./delivery.ts";
import type { Announcement, BusState, MessageBus, MessageHandler, Subscription } from "./message-bus.ts";
import type { Transport } from "./transport-url.ts";

/** How RabbitMQ is used. */
export interface RabbitOptions {
  readonly transport: Transport & { kind: "rabbit" };
  /** Exchange; the queues are named after it: `<exchange>.operations` and `<exchange>.operations.parked`. */
  readonly exchange: string;
  readonly connectionName: string;
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string };
  /** First and longest pause between attempts to connect, in ms; it doubles in between. */
  readonly retryLowMs: number;
  readonly retryHighMs: number;
  /** Seconds; 0 = none. */
  readonly heartbeatSeconds: number;
  readonly isQuorum: boolean;
  /** Deliveries after which the broker drops a message of a quorum queue; undefined = its own limit. */
  readonly deliveryLimit?: number;
  /** Messages taken before the earlier ones are done. */
  readonly prefetch: number;
  /** Deliveries after which a message is parked. */
  readonly mostAttempts: number;
  /** Longest wait for the broker's confirmation, in ms. */
  readonly confirmWithinMs: number;
  readonly clock: Clock;
  /** Trouble with the broker, for the log; never holds the password. */
  readonly warn: (text: string) => void;
}

const ROUTING_KEY = "operations";
/** Parked messages are for people to look at: the newest are kept. */
const MOST_PARKED = 10_000;

/** Hints over RabbitMQ; connects again by itself. */
export class RabbitBus implements MessageBus {
  readonly #options: RabbitOptions;
  readonly #connection: Connection;
  readonly #publisher: Publisher;
  readonly #consumers = new Set<Consumer>();
  readonly #queue: string;
  #state: BusState = "reconnecting";
  /** Until the first attempt to connect has an end, a publisher may hope. */
  #isFirstAttempt = true;
  /** Publishers that wait for the broker's confirmation. */
  readonly #waiting = new Set<AbortController>();
  #lastWarning = "";
  #closing: Promise<void> | undefined;

  constructor(options: RabbitOptions) {
    this.#options = options;
    this.#queue = `${options.exchange}.operations`;
    this.#connection = new Connection(connectionOptions(options));
    this.#connection.on("connection", () => this.#connected());
    this.#connection.on("error", (error: unknown) => this.#failed(error));
    const { queue, parkedQueue, exchanges, bindings } = this.#topology();
    const queues = [queue, parkedQueue];
    this.#publisher = this.#connection.createPublisher({ confirm: true, queues, exchanges, queueBindings: bindings });
  }

  state(): BusState {
    return this.#connection.ready ? "connected" : this.#state;
  }

  async publish(operationId: string): Promise<Announcement> {
    if (!this.#connection.ready && !this.#isFirstAttempt) return "not_announced";
    const stop = new AbortController();
    this.#waiting.add(stop);
    const expiry = this.#options.clock.sleep(this.#options.confirmWithinMs, stop.signal).then(
      () => "not_announced" as const,
      () => "not_announced" as const,
    );
    try {
      return await Promise.race([this.#send(operationId, 1), expiry]);
    } finally {
      this.#waiting.delete(stop);
      stop.abort();
    }
  }

  subscribe(handler: MessageHandler): Subscription {
    const { prefetch } = this.#options;
    const { queue, exchanges, bindings } = this.#topology();
    const consumer = this.#connection.createConsumer(
      {
        queue: this.#queue,
        queueOptions: queue,
        qos: { prefetchCount: prefetch },
        concurrency: prefetch,
        exchanges,
        queueBindings: bindings,
      },
      (message) => this.#deliver(message, handler),
    );
    consumer.on("error", (error: unknown) => this.#failed(error));
    this.#consumers.add(consumer);
    return {
      close: async () => {
        this.#consumers.delete(consumer);
        await consumer.close();
      },
    };
  }

  close(): Promise<void> {
    // Once only: while there is no broker, the client library's second close would wait for a socket that is gone.
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const consumers = [...this.#consumers];
    this.#consumers.clear();
    const wasReady = this.#connection.ready;
    // Without a connection there is nothing to wait for, and closing the rest first would wait for one.
    if (!wasReady) await this.#connection.close();
    await Promise.allSettled([...consumers.map((consumer) => consumer.close()), this.#publisher.close()]);
    if (wasReady) await this.#connection.close();
  }

  async #send(operationId: string, attempt: number): Promise<Announcement> {
    const envelope = {
      exchange: this.#options.exchange,
      routingKey: ROUTING_KEY,
      durable: true,
      headers: { [ATTEMPT_HEADER]: attempt },
    };
    try {
      await this.#publisher.send(envelope, bodyOf(operationId));
      return "announced";
    } catch (error) {
      this.#failed(error);
      return "not_announced";
    }
  }

  async #deliver(message: AsyncMessage, handler: MessageHandler): Promise<ConsumerStatus> {
    const headers = message.headers ?? {};
    const delivery = { body: message.body, headers, isRedelivered: message.redelivered };
    const decision = judgeDelivery(delivery, this.#options.mostAttempts);
    switch (decision.kind) {
      case "park":
        return this.#park(message, decision.reason);
      case "count":
        return this.#replaced(await this.#send(decision.operationId, decision.attempt));
      case "handle":
        try {
          await handler(decision.operationId);
          return ConsumerStatus.ACK;
        } catch (error) {
          this.#options.warn(`message for operation ${decision.operationId} failed: ${String(error)}`);
          if (decision.attempt >= this.#options.mostAttempts) {
            return this.#park(message, `it failed ${decision.attempt} times`);
          }
          return this.#replaced(await this.#send(decision.operationId, decision.attempt + 1));
        }
    }
  }

  async #park(message: AsyncMessage, reason: string): Promise<ConsumerStatus> {
    this.#options.warn(`message parked in ${this.#queue}.parked: ${reason}`);
    try {
      const headers = { "x-protector-reason": reason };
      await this.#publisher.send({ routingKey: `${this.#queue}.parked`, durable: true, headers }, message.body);
      return ConsumerStatus.ACK;
    } catch (error) {
      this.#failed(error);
      return ConsumerStatus.REQUEUE;
    }
  }

  /** A message is let go only when the broker has its successor. */
  #replaced(announcement: Announcement): ConsumerStatus {
    return announcement === "announced" ? ConsumerStatus.ACK : ConsumerStatus.REQUEUE;
  }

  #topology() {
    const { exchange, isQuorum, deliveryLimit } = this.#options;
    const kind = isQuorum ? ({ "x-queue-type": "quorum" } as const) : {};
    const limit = isQuorum && deliveryLimit !== undefined ? { "x-delivery-limit": deliveryLimit } : {};
    const parked = { ...kind, "x-max-length": MOST_PARKED };
    return {
      queue: { queue: this.#queue, durable: true, arguments: { ...kind, ...limit } },
      parkedQueue: { queue: `${this.#queue}.parked`, durable: true, arguments: parked },
      exchanges: [{ exchange, type: "direct", durable: true }],
      bindings: [{ exchange, queue: this.#queue, routingKey: ROUTING_KEY }],
    };
  }

  #connected(): void {
    this.#state = "connected";
    this.#isFirstAttempt = false;
    if (this.#lastWarning !== "") this.#options.warn("RabbitMQ is connected again");
    this.#lastWarning = "";
  }

  /** A broker that stays away is reported once, not with each attempt. */
  #failed(error: unknown): void {
    this.#isFirstAttempt = false;
    if (!this.#connection.ready) {
      this.#state = "reconnecting";
      for (const stop of this.#waiting) stop.abort();
    }
    const text = describeFault(error, this.#queue);
    if (text === this.#lastWarning) return;
    this.#lastWarning = text;
    this.#options.warn(text);
  }
}

function describeFault(error: unknown, queue: string): string {
  const { code, message } = error as { readonly code?: string; readonly message?: string };
  if (code === "PRECONDITION_FAILED") {
    return `the queue ${queue} exists with other properties (classic or quorum): delete it or change rabbit_quorum_queue: ${message}`;
  }
  return `RabbitMQ: ${message ?? String(error)}`;
}

function connectionOptions(options: RabbitOptions) {
  const { transport, tls } = options;
  return {
    ...places(transport.hosts),
    username: transport.username,
    password: transport.password,
    vhost: transport.vhost,
    connectionName: options.connectionName,
    heartbeat: options.heartbeatSeconds,
    retryLow: options.retryLowMs,
    retryHigh: options.retryHighMs,
    ...(tls === undefined ? {} : { tls }),
  };
}

/** The library takes a list of hosts apart at colons, which an IPv6 address has too. */
function places(hosts: readonly string[]) {
  const [only = ""] = hosts;
  if (hosts.length > 1) return { hosts: [...hosts] };
  const colon = only.lastIndexOf(":");
  return { hostname: only.slice(0, colon).replace(/^\[|\]$/g, ""), port: only.slice(colon + 1) };
}
