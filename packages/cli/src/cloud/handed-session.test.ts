import { describe, expect, it } from "vitest";
import { handedSession } from "./handed-session.ts";

const BODY = {
  token: {
    methods: ["password"],
    user: { id: "u-1", name: "demo", domain: { id: "default", name: "Default" } },
    project: { id: "p-1", name: "shop", domain: { id: "default", name: "Default" } },
    roles: [],
    expires_at: "2026-01-05T09:00:00.000000Z",
    issued_at: "2026-01-05T08:00:00.000000Z",
    catalog: [],
  },
};
const handed = (change: object = {}) =>
  handedSession({
    PROTECTOR_SESSION: JSON.stringify({
      cloud: "site-a",
      auth_url: "http://a:5000/v3",
      region_name: "R1",
      interface: "internal",
      cacert: null,
      insecure: true,
      state: { auth_token: "t-1", body: BODY },
      ...change,
    }),
  });

describe("a login that was handed over", () => {
  it("is a cloud with the token for its project, used until a minute before its end", () => {
    const { entry, keep } = handed() ?? {};
    expect(entry).toMatchObject({
      name: "site-a",
      auth: { auth_url: "http://a:5000/v3", token: "t-1", project_id: "p-1", username: "demo", project_name: "shop" },
      authType: "token",
      region: "R1",
      interface: "internal",
      caFile: undefined,
      isInsecure: true,
    });
    expect(keep?.load()).toMatchObject({ value: "t-1", renewAt: Date.parse("2026-01-05T08:59:00Z") });
  });

  it("is named after its region when the other program knows no cloud", () => {
    expect(handed({ cloud: null })?.entry.name).toBe("R1");
  });

  it("is none without the variable, and an error when it cannot be read", () => {
    expect(handedSession({})).toBeUndefined();
    expect(() => handedSession({ PROTECTOR_SESSION: "{" })).toThrow("PROTECTOR_SESSION does not hold a login");
    expect(() => handed({ state: { auth_token: "t", body: {} } })).toThrow("PROTECTOR_SESSION does not hold a login");
  });
});
