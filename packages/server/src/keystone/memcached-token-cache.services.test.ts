import memjs from "memjs";
import { afterEach, describe, expect, test } from "vitest";
import { MemcachedTokenCache } from "./memcached-token-cache.ts";
import type { ValidToken } from "./token-cache.ts";

/** `host:port` of a memcached to test with. */
const server = process.env.PROTECTOR_TEST_MEMCACHED;
const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((cache) => cache.close()));
});

const token = { userId: "u", roles: ["member"], expiresAt: "2026-01-01T00:00:00Z" } as unknown as ValidToken;

function cacheAt(address: string, secret = "s") {
  const warnings: string[] = [];
  const cache = new MemcachedTokenCache({ servers: [address], secret, warn: (text) => warnings.push(text) });
  open.push(cache);
  return { cache, warnings };
}

test("without a memcached nothing is found, nothing fails, and it is said once", async () => {
  const { cache, warnings } = cacheAt("127.0.0.1:1");
  expect(await cache.get("digest")).toBeUndefined();
  await cache.set("digest", token, 60_000);
  expect(await cache.get("digest")).toBeUndefined();
  expect(warnings).toHaveLength(1);
});

describe.skipIf(server === undefined)("with a memcached (set PROTECTOR_TEST_MEMCACHED=host:port to run)", () => {
  const address = server ?? "";

  test("a token is kept for all who know the secret, and found under its own digest alone", async () => {
    const { cache } = cacheAt(address);
    await cache.set("one", token, 60_000);
    expect(await cacheAt(address).cache.get("one")).toEqual(token);
    expect(await cacheAt(address, "other").cache.get("one")).toBeUndefined();
    const raw = memjs.Client.create(address, {});
    const { value } = await raw.get("protector/token/1/one");
    await raw.set("protector/token/1/two", String(value), { expires: 60 });
    raw.close();
    expect(await cache.get("two")).toBeUndefined();
  });
});
