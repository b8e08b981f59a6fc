import { type HttpRequest, OutsideError, VirtualClock } from "@protector/ports";
import { describe, expect, it } from "vitest";
import { accessTokenOf, type OidcRequest } from "./oidc.ts";

const DISCOVERY = {
  token_endpoint: "http://idp/token",
  device_authorization_endpoint: "http://idp/device",
};
const DEVICE = {
  device_code: "d-1",
  user_code: "WDJB-MJHT",
  verification_uri: "http://idp/go",
  interval: 2,
  expires_in: 60,
};

/** A provider that answers each URL with its bodies in turn, the last one again and again. */
function provider(script: Readonly<Record<string, readonly object[]>>) {
  const clock = new VirtualClock(0);
  const sent: { readonly url: string; readonly form: object; readonly at: number; readonly headers: object }[] = [];
  const told: string[] = [];
  const asked = new Map<string, number>();
  const transport = async ({ url, body, headers }: HttpRequest) => {
    sent.push({ url, form: Object.fromEntries(new URLSearchParams(body ?? "")), at: clock.now() / 1000, headers });
    const count = asked.get(url) ?? 0;
    asked.set(url, count + 1);
    const answers = script[url] ?? [];
    return { status: 200, headers: {}, body: JSON.stringify(answers[Math.min(count, answers.length - 1)] ?? {}) };
  };
  const request = (change: Partial<OidcRequest>): OidcRequest => ({
    flow: "device",
    cloud: "site-a",
    clientId: "protector",
    clientSecret: undefined,
    scope: "openid",
    discoveryEndpoint: "http://idp/.well-known",
    accessTokenEndpoint: undefined,
    deviceEndpoint: undefined,
    ...change,
  });
  const ask = (change: Partial<OidcRequest>) =>
    clock.run(accessTokenOf(request(change), { transport, clock, tell: (text) => told.push(text) }));
  return { ask, sent, told };
}

describe("an OpenID provider", () => {
  it("gives a service a token for its id and secret", async () => {
    const { ask, sent } = provider({
      "http://idp/.well-known": [DISCOVERY],
      "http://idp/token": [{ access_token: "t-1" }],
    });
    expect(await ask({ flow: "client_credentials", clientSecret: "s3cret" })).toBe("t-1");
    expect(sent[1]).toMatchObject({
      url: "http://idp/token",
      form: { grant_type: "client_credentials", scope: "openid" },
      headers: { authorization: `Basic ${btoa("protector:s3cret")}` },
    });
  });

  it("gives a person a code to confirm, and is asked as slowly as it wants until that is done", async () => {
    const pending = { error: "authorization_pending" };
    const { ask, sent, told } = provider({
      "http://idp/.well-known": [DISCOVERY],
      "http://idp/device": [DEVICE],
      "http://idp/token": [pending, { error: "slow_down" }, pending, { access_token: "t-2" }],
    });
    expect(await ask({})).toBe("t-2");
    expect(told).toEqual(["To log in at site-a, open http://idp/go and confirm the code WDJB-MJHT."]);
    const questions = sent.filter(({ url }) => url === "http://idp/token");
    expect(questions.map(({ at }) => at)).toEqual([2, 4, 11, 18]);
    expect(questions[0]?.form).toEqual({
      grant_type: "urn:ietf:params:oauth:grant-type:device_code",
      device_code: "d-1",
      client_id: "protector",
    });
  });

  it("that refuses, or whose code nobody confirms, is a refused login", async () => {
    const refusal = { error: "access_denied", error_description: "not you" };
    const denied = provider({ "http://idp/device": [DEVICE], "http://idp/token": [refusal] });
    const endpoints = {
      discoveryEndpoint: undefined,
      accessTokenEndpoint: "http://idp/token",
      deviceEndpoint: "http://idp/device",
    };
    await expect(denied.ask(endpoints)).rejects.toThrow("refuses the login (access_denied: not you)");
    const slow = provider({ "http://idp/device": [DEVICE], "http://idp/token": [{ error: "authorization_pending" }] });
    const error = await slow.ask(endpoints).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(OutsideError);
    expect((error as OutsideError).failure).toMatchObject({ status: 401, failureClass: "needs_operator" });
  });
});
