import { describe, expect, it } from "vitest";
import { debugTransport } from "./debug-transport.ts";

async function told(url: string, body: object, answer: object): Promise<string> {
  let text = "";
  const output = {
    write: (more: string) => {
      text += more;
    },
  };
  const transport = debugTransport(
    async () => ({ status: 200, headers: { "x-openstack-request-id": "req-7" }, body: JSON.stringify(answer) }),
    output,
    { now: () => 0, sleep: async () => {} },
  );
  const headers = { "x-auth-token": "hidden-1", accept: "application/json" };
  await transport({ method: "POST", url, headers, body: JSON.stringify(body), timeoutMs: 1 });
  return text;
}

describe("--debug", () => {
  it("tells calls, answers and request ids", async () => {
    const text = await told("http://a:8788/v1", { name: "shop" }, { id: "g1" });
    expect(text).toContain("--> POST http://a:8788/v1\n");
    expect(text).toContain('{"name":"shop"}');
    expect(text).toContain("<-- 200 in 0 ms req-7\n");
    expect(text).toContain('{"id":"g1"}');
  });

  it("never tells a secret: tokens, passwords, logins", async () => {
    const body = { site: { password: 'hid"den-2', primary_fa_api_token: "hidden-3" } };
    const texts = [
      await told("http://a:8788/v1", body, { sealed: { secondary_fa_api_token: "hidden-4" } }),
      await told("http://a:5000/v3/auth/tokens", { auth: { token: { id: "hidden-5" } } }, { token: "hidden-6" }),
    ].join("");
    expect(texts).not.toMatch(/hid"?\\?"?den-/);
    expect(texts).toContain('"password":"***"');
  });
});
