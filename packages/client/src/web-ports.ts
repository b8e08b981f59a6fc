import type { HttpRequest, HttpResponse } from "@protector/ports";
import type { ClientPorts } from "./site-client.ts";

/** What of the platform is used: a browser has it, and Node.js, Deno and Bun have the same. */
export type WebPlatform = Pick<typeof globalThis, "fetch" | "crypto">;

/**
 * The outside world by the web's own means, for browsers and for programs that bring no transport of their own. A browser
 * lets a page call its own origin only, or services that allow it by CORS: for OpenStack that means a proxy.
 * @param platform default: the global one.
 */
export function webPorts(platform: WebPlatform = globalThis): ClientPorts {
  return {
    transport: (request) => exchange(platform, request),
    clock: { now: () => Date.now(), sleep },
    random: {
      fraction: () => Math.random(),
      uuid: () => platform.crypto.randomUUID(),
      bytes: (length) => platform.crypto.getRandomValues(new Uint8Array(length)),
    },
  };
}

async function exchange({ fetch }: WebPlatform, request: HttpRequest): Promise<HttpResponse> {
  if (request.tls !== undefined)
    throw new Error("The platform checks certificates itself: leave tls out, or bring a transport that knows it.");
  const timeout = AbortSignal.timeout(request.timeoutMs);
  const signal = request.signal ? AbortSignal.any([timeout, request.signal]) : timeout;
  const { method, url, headers, body } = request;
  try {
    const answer = await fetch(url, {
      method,
      headers,
      signal,
      redirect: "manual",
      ...(body === undefined ? {} : { body }),
    });
    return { status: answer.status, headers: Object.fromEntries(answer.headers), body: await answer.text() };
  } catch (error) {
    if (request.signal?.aborted) throw request.signal.reason;
    const said = timeout.aborted ? `no answer within ${request.timeoutMs} ms` : (error as Error).message;
    throw silence(`${method} ${url.split("?")[0]}: ${said}`, error);
  }
}

/** The web does not tell whether a request has left: it may have had its effect. */
function silence(message: string, cause: unknown): Error {
  const error = new Error(message, { cause });
  return Object.assign(error, { name: "HttpTransportError", fault: "interrupted" as const });
}

function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal?.addEventListener("abort", stop, { once: true });
  });
}
