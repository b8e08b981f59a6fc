import { seededRandom } from "@protector/ports";
import { describe, expect, it } from "vitest";
import { requestedVersion } from "./api-version.ts";
import { baseUrl } from "./base-url.ts";
import { globalRequestId, newRequestId } from "./request-id.ts";

describe("the version header", () => {
  it.each([
    [undefined, "1.0"],
    ["compute 2.90", "1.0"],
    ["protector 1.0", "1.0"],
    ["Protector latest", "1.0"],
    ["compute 2.90, protector 1.0", "1.0"],
  ])("%s means %s", (header, version) => {
    expect(requestedVersion(header)).toBe(version);
  });

  it.each([
    ["protector", "microversion.malformed"],
    ["protector 1", "microversion.malformed"],
    ["protector 1.0 1.0", "microversion.malformed"],
    ["protector 0.9", "microversion.unsupported"],
    ["protector 2.0", "microversion.unsupported"],
  ])("%s is refused as %s", (header, code) => {
    expect(() => requestedVersion(header)).toThrow(expect.objectContaining({ code }));
  });
});

describe("links", () => {
  const forged = {
    protocol: "http",
    headers: { host: "inside:8788", "x-forwarded-proto": "https", "x-forwarded-host": "cloud.example.com, proxy" },
  };

  it("believe a proxy only where one is configured", () => {
    expect(baseUrl(forged, false)).toBe("http://inside:8788");
    expect(baseUrl(forged, true)).toBe("https://cloud.example.com");
  });

  it("know RFC 7239 and a prefix", () => {
    const headers = {
      host: "h",
      forwarded: 'for=1.2.3.4;proto=https;host="dr.example.com"',
      "x-forwarded-prefix": "/dr/",
    };
    expect(baseUrl({ protocol: "http", headers }, true)).toBe("https://dr.example.com/dr");
  });
});

describe("request ids", () => {
  it("are ours, and the caller's only in the form of oslo.middleware", () => {
    const id = newRequestId(seededRandom(1));
    expect(globalRequestId(id)).toBe(id);
    for (const bad of [undefined, "x", `${id}x`, id.toUpperCase(), "req-1\nX: y"]) {
      expect(globalRequestId(bad)).toBeUndefined();
    }
  });
});
