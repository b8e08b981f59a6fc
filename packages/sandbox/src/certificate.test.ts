import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { NodeTransport, UndiciTransport } from "@protector/ports";
import { expect, test } from "vitest";
import { selfSignedCertificate } from "./certificate.ts";

const NOW = Date.parse("2026-03-01T12:00:00Z");

test("a certificate names its addresses, its time and vouches for itself", () => {
  const certificate = new X509Certificate(selfSignedCertificate("sandbox", ["127.0.0.21", "127.0.0.22"], NOW).cert);
  expect(certificate.subjectAltName).toBe("IP Address:127.0.0.21, IP Address:127.0.0.22");
  expect(certificate.checkIP("127.0.0.22")).toBe("127.0.0.22");
  expect(certificate.checkIP("127.0.0.23")).toBeUndefined();
  expect(certificate.verify(certificate.publicKey)).toBe(true);
  expect(certificate.ca).toBe(true);
  expect(certificate.validFromDate.toISOString()).toBe("2026-03-01T11:00:00.000Z");
});

test.each([
  ["service", UndiciTransport],
  ["command", NodeTransport],
])("a %s that trusts it alone reaches its server, one that does not know it refuses", async (_, Transport) => {
  const { cert, key } = selfSignedCertificate("sandbox", ["127.0.0.1"], Date.now());
  const server = createServer({ cert, key }, (_request, response) => response.end("here"));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const transport = new Transport();
  const { port } = server.address() as AddressInfo;
  const request = { method: "GET", url: `https://127.0.0.1:${port}/`, headers: {}, timeoutMs: 5000 };
  try {
    expect((await transport.send({ ...request, tls: { ca: cert } })).body).toBe("here");
    expect((await transport.send({ ...request, tls: { insecure: true } })).body).toBe("here");
    await expect(transport.send(request)).rejects.toMatchObject({
      fault: "unreachable",
      message: expect.stringMatching(/SELF_SIGNED.*Name its file: cacert/),
    });
  } finally {
    await transport.close();
    server.close();
    server.closeAllConnections();
  }
});
