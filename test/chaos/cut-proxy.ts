import { connect, createServer, type Server, type Socket } from "node:net";

/** A TCP proxy before a MariaDB that can lose the server's answer to a statement that took effect. */
export class CutProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #statement: string | undefined;
  #lost = 0;

  private constructor(targetPort: number) {
    this.#server = createServer((client) => this.#serve(client, targetPort));
  }

  /** Opens one on a free port of 127.0.0.1. */
  static async open(targetPort: number): Promise<CutProxy> {
    const proxy = new CutProxy(targetPort);
    await new Promise<void>((resolve) => proxy.#server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("the proxy is closed");
    return address.port;
  }

  /** How many answers it has lost. */
  get lost(): number {
    return this.#lost;
  }

  /** The next such statement reaches the server; when the server has answered, the client's connection breaks instead. */
  loseAnswerTo(statement: string): void {
    this.#statement = statement;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(client: Socket, targetPort: number): void {
    const upstream = connect(targetPort, "127.0.0.1");
    let isLosing = false;
    const end = () => {
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) {
      this.#sockets.add(socket);
      socket.on("error", end);
      socket.on("close", () => {
        this.#sockets.delete(socket);
        end();
      });
    }
    client.on("data", (data) => {
      if (this.#statement !== undefined && data.toString("latin1").toLowerCase().endsWith(this.#statement)) {
        this.#statement = undefined;
        isLosing = true;
      }
      upstream.write(data);
    });
    upstream.on("data", (data) => {
      if (!isLosing) {
        client.write(data);
        return;
      }
      this.#lost += 1;
      end();
    });
  }
}
