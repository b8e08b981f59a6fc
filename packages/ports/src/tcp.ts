import { connect } from "node:net";

/** One look at whether somebody listens. */
export interface TcpTarget {
  readonly host: string;
  readonly port: number;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** Whether a TCP connection can be made; it is closed at once, nothing is sent. Never throws, except the signal's reason. */
export type TcpProbe = (target: TcpTarget) => Promise<boolean>;

/** Real TCP. */
export const systemTcpProbe: TcpProbe = ({ host, port, timeoutMs, signal }) =>
  new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const socket = connect({ host, port, timeout: timeoutMs });
    const end = (isOpen: boolean) => {
      signal?.removeEventListener("abort", onAbort);
      socket.destroy();
      resolve(isOpen);
    };
    const onAbort = () => {
      socket.destroy();
      reject(signal?.reason);
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    socket.once("connect", () => end(true));
    socket.once("timeout", () => end(false));
    socket.once("error", () => end(false));
  });
