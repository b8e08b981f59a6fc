import { createServer } from "node:net";
import { systemTcpProbe } from "@protector/ports";
import { expect, test } from "vitest";

test("a port is open while somebody listens on it, and closed afterwards", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("no address");
  const target = { host: "127.0.0.1", port: address.port, timeoutMs: 5_000 };
  expect(await systemTcpProbe(target)).toBe(true);
  await new Promise((resolve) => server.close(resolve));
  expect(await systemTcpProbe(target)).toBe(false);
});

test("a look that was given up ends with its reason", async () => {
  const signal = AbortSignal.abort(new Error("given up"));
  await expect(systemTcpProbe({ host: "127.0.0.1", port: 9, timeoutMs: 5_000, signal })).rejects.toThrow("given up");
});
