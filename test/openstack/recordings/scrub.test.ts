import { expect, it } from "vitest";
import { scrub, scrubText } from "./scrub.ts";

it.each([
  ["2026-11-22T19:00:00.123456Z", "<time with microseconds and Z>"],
  ["2026-11-22T19:00:00.123456", "<time with microseconds>"],
  ["2026-11-22T19:00:00Z", "<time with Z>"],
  ["volume-5b1a2c3d-0000-4000-8000-000000000001-cinder", "volume-<uuid>-cinder"],
  ["req-5b1a2c3d-0000-4000-8000-000000000001", "<request id>"],
  ["http://site-a-controller:8776/v3/0123456789abcdef0123456789abcdef/volumes", "<origin>/v3/<hex of 32>/volumes"],
  ["gAAAAABnQxyz0123456789abcdefABCDEF_-==", "<token>"],
  ["fa:16:3e:aa:bb:cc", "<MAC>"],
])("%s is told by its form", (text, form) => {
  expect(scrubText(text)).toBe(form);
});

it("secrets are struck out wherever they stand", () => {
  expect(scrub({ auth: { password: { user: { password: "s3cret" } } }, server: { adminPass: "s3cret" } })).toEqual({
    auth: { password: { user: { password: "<secret>" } } },
    server: { adminPass: "<secret>" },
  });
});

it("of a list one item of each form remains", () => {
  const items = [
    { id: "a", host: null },
    { id: "b", host: "x" },
    { id: "c", host: "y" },
  ];
  expect(scrub({ items })).toEqual({
    items: [
      { host: null, id: "a" },
      { host: "x", id: "b" },
    ],
  });
  expect(scrub(["disk", "host", "disk"])).toEqual(["disk", "host"]);
});
