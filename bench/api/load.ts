import { Pool } from "undici";

/** What is asked, over and over. */
export interface Target {
  readonly url: string;
  readonly token?: string;
}

/** What came of asking for a while. */
export interface Load {
  readonly requestsPerSecond: number;
  /** ms, of each request. */
  readonly latencies: readonly number[];
}

/**
 * Asks as fast as answers come, over `connections` connections with one request each at a time.
 * @throws Error on any answer but 200.
 */
export async function load(target: Target, connections: number, durationMs: number): Promise<Load> {
  const url = new URL(target.url);
  const pool = new Pool(url.origin, { connections, pipelining: 1 });
  const headers = target.token === undefined ? {} : { "x-auth-token": target.token };
  const latencies: number[] = [];
  const beganAt = performance.now();
  const ask = async () => {
    while (performance.now() - beganAt < durationMs) {
      const askedAt = performance.now();
      const answer = await pool.request({ method: "GET", path: `${url.pathname}${url.search}`, headers });
      const body = await answer.body.arrayBuffer();
      if (answer.statusCode !== 200) throw new Error(`${answer.statusCode}: ${Buffer.from(body).toString()}`);
      latencies.push(performance.now() - askedAt);
    }
  };
  await Promise.all(Array.from({ length: connections }, ask));
  const tookMs = performance.now() - beganAt;
  await pool.close();
  return { requestsPerSecond: (latencies.length / tookMs) * 1000, latencies };
}
