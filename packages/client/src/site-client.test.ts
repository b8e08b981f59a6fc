import { type HttpRequest, type HttpResponse, HttpTransportError, seededRandom } from "@protector/ports";
import { describe, expect, it } from "vitest";
import { ApiError } from "./api-error.ts";
import { SiteClient } from "./site-client.ts";

type Scripted = HttpResponse | Error;

const ok = (body: unknown): HttpResponse => ({ status: 200, headers: {}, body: JSON.stringify(body) });
const lost = () => new HttpTransportError("interrupted", "POST http://a:8788: ECONNRESET");

/** A site that gives the scripted answers in order. */
function scripted(answers: readonly Scripted[], endpoint = "http://a:8788/v1/p1") {
  const requests: HttpRequest[] = [];
  const slept: number[] = [];
  const client = new SiteClient({
    session: {
      name: "site-a",
      token: async () => ({ value: "secret", projectId: "p1" }),
      endpoint: async () => endpoint,
    },
    globalRequestId: "req-1",
    ports: {
      transport: async (request) => {
        requests.push(request);
        const answer = answers[requests.length - 1];
        if (!answer) throw new Error("no answer left");
        if (answer instanceof Error) throw answer;
        return answer;
      },
      clock: {
        now: () => 0,
        sleep: async (ms) => {
          slept.push(ms);
        },
      },
      random: seededRandom(1),
    },
  });
  return { client, requests, slept };
}

async function failureOf(asked: Promise<unknown>): Promise<ApiError> {
  const error = await asked.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ApiError);
  return error as ApiError;
}

const CREATE = { body: { protection_group: { name: "shop" } } };

describe("a call", () => {
  it("carries token, microversion, request id, and its project in the path", async () => {
    const { client, requests } = scripted([ok({ protection_group: {} })]);
    await client.call("protection_groups.show", { path: { id: "a b" } });
    expect(requests[0]).toMatchObject({
      method: "GET",
      url: "http://a:8788/v1/p1/protection-groups/a%20b",
      headers: {
        "x-auth-token": "secret",
        "openstack-api-version": "protector 1.0",
        "x-openstack-request-id": "req-1",
      },
    });
  });

  it.each(["http://a:8788", "http://a:8788/", "http://a:8788/v1", "http://a:8788/v1/p1/"])(
    "finds the root however the catalog has it: %s",
    async (endpoint) => {
      const { client, requests } = scripted([ok({ versions: [], site: null })], endpoint);
      await client.call("versions.show");
      expect(requests[0]?.url).toBe("http://a:8788/v1");
      expect(requests[0]?.headers).not.toHaveProperty("x-auth-token");
    },
  );

  it("keeps a path in front of the version, as behind a proxy", async () => {
    const { client, requests } = scripted([ok({})], "https://cloud/dr/v1/p1");
    await client.call("versions.show");
    expect(requests[0]?.url).toBe("https://cloud/dr/v1");
  });
});

describe("a call without an answer", () => {
  it("is repeated with the same key when it is a creation, so that it is done once", async () => {
    const { client, requests, slept } = scripted([lost(), ok({ protection_group: { id: "g1" } })]);
    await client.call("protection_groups.create", CREATE);
    const keys = requests.map(({ headers }) => headers["idempotency-key"]);
    expect(keys[0]).toMatch(/^[0-9a-f-]{36}$/);
    expect(keys[1]).toBe(keys[0]);
    expect(slept).toEqual([500]);
  });

  it("is not repeated when it might be done twice", async () => {
    const { client, requests } = scripted([lost()]);
    const asked = client.call("operations.action", { path: { id: "o1" }, body: { cancel: {} } });
    const error = await failureOf(asked);
    expect(requests).toHaveLength(1);
    expect(error.message).toContain("may have had its effect");
    expect(error.isSilence).toBe(true);
  });

  it("is told at once when it was certainly not sent", async () => {
    const { client, slept } = scripted([new HttpTransportError("unreachable", "GET: ECONNREFUSED")]);
    const error = await failureOf(client.call("versions.show"));
    expect(error).toMatchObject({ code: "peer.unreachable", site: "site-a" });
    expect(error.failure.silence).toBe("unreachable");
    expect(slept).toEqual([]);
  });

  it("is given up after the third try", async () => {
    const { client, requests } = scripted([lost(), lost(), lost(), ok({})]);
    await failureOf(client.call("versions.show"));
    expect(requests).toHaveLength(3);
  });
});

describe("a refusal", () => {
  it("keeps code, request id, site and fields, and knows what to do", async () => {
    const item = {
      code: "protector.request.invalid",
      status: 400,
      title: "Invalid request",
      detail: "name is missing",
      links: [],
      fields: [{ field: "name", problem: "is missing" }],
    };
    const body = JSON.stringify({ errors: [item] });
    const { client } = scripted([{ status: 400, headers: { "x-openstack-request-id": "req-9" }, body }]);
    const error = await failureOf(client.call("protection_groups.create", CREATE));
    expect(error).toMatchObject({ code: "request.invalid", status: 400, requestId: "req-9", site: "site-a" });
    expect(error.failure.fields).toEqual([{ field: "name", problem: "is missing" }]);
    expect(error.help).toContain("Correct the named fields");
  });

  it("of a newer server, with a code that is not known here, still tells its words", async () => {
    const body = JSON.stringify({ errors: [{ code: "protector.brand.new", detail: "something new" }] });
    const { client } = scripted([{ status: 409, headers: {}, body }]);
    const error = await failureOf(client.call("versions.show"));
    expect(error).toMatchObject({ code: undefined, status: 409, message: "something new" });
    expect(error.failure.wireCode).toBe("protector.brand.new");
  });

  it("of the token is told as that, whatever its body", async () => {
    const body = JSON.stringify({ error: { code: 401, title: "Unauthorized", message: "" } });
    const { client } = scripted([{ status: 401, headers: {}, body }]);
    expect((await failureOf(client.call("versions.show"))).code).toBe("authentication.required");
  });

  it("of something that is not Protector is told with what it said", async () => {
    const { client } = scripted([{ status: 502, headers: {}, body: "<html>Bad Gateway</html>" }]);
    expect((await failureOf(client.call("versions.show"))).message).toContain("HTTP 502: <html>Bad Gateway");
  });
});

describe("a list", () => {
  const page = (ids: readonly string[], marker?: string) =>
    ok({
      protection_groups: ids.map((id) => ({ id })),
      links: marker ? [{ rel: "next", href: `http://elsewhere/v1/p1/protection-groups?limit=2&marker=${marker}` }] : [],
    });

  it("is read page by page with its filters, only as far as it is wanted", async () => {
    const { client, requests } = scripted([page(["1", "2"], "2"), page(["3"])]);
    const groups = await client.all("protection_groups.index", { query: { name: "shop" } });
    expect(groups.map(({ id }) => id)).toEqual(["1", "2", "3"]);
    expect(requests.map(({ url }) => new URL(url).search)).toEqual(["?name=shop", "?name=shop&marker=2"]);
    // The next link names a host that the server believes in; the client stays with the catalog's.
    expect(requests[1]?.url).toContain("http://a:8788/");
  });

  it("stops with its reader", async () => {
    const { client, requests } = scripted([page(["1", "2"], "2")]);
    for await (const group of client.list("protection_groups.index")) {
      expect(group.id).toBe("1");
      break;
    }
    expect(requests).toHaveLength(1);
  });
});

describe("a login", () => {
  const withLogin = (thrown: unknown) =>
    new SiteClient({
      session: {
        name: "site-a",
        token: () => Promise.reject(thrown),
        endpoint: async () => "http://a:8788",
      },
      globalRequestId: "req-1",
      ports: {
        transport: async () => ok({}),
        clock: { now: () => 0, sleep: async () => {} },
        random: seededRandom(1),
      },
    });
  const outside = (status: number | undefined, failureClass: string) =>
    Object.assign(new Error("keystone POST /auth/tokens"), { failure: { status, failureClass } });

  it("that gets no answer makes the site unreachable; one that is refused does not", async () => {
    const silent = await failureOf(withLogin(outside(undefined, "waiting")).projectId());
    expect([silent.code, silent.isSilence]).toEqual(["authentication.unavailable", true]);
    const refused = await failureOf(withLogin(outside(401, "needs_operator")).projectId());
    expect([refused.code, refused.isSilence]).toEqual(["authentication.required", false]);
    const unlisted = await failureOf(withLogin(outside(undefined, "needs_operator")).projectId());
    expect([unlisted.failure.wireCode, unlisted.isSilence]).toEqual(["client.endpoint_not_found", false]);
  });
});

describe("a token that the site refuses", () => {
  const refused: HttpResponse = { status: 401, headers: {}, body: '{"error": {"code": 401}}' };

  function withTokens(answers: readonly HttpResponse[]) {
    const tokens = ["old", "new"];
    const sent: (string | undefined)[] = [];
    const client = new SiteClient({
      session: {
        name: "site-a",
        token: async () => ({ value: tokens[0] ?? "", projectId: "p1" }),
        discardToken: (value) => {
          if (value === tokens[0] && tokens.length > 1) tokens.shift();
        },
        endpoint: async () => "http://a:8788",
      },
      globalRequestId: "req-1",
      ports: {
        transport: async ({ headers }) => {
          sent.push(headers["x-auth-token"]);
          return answers[sent.length - 1] ?? refused;
        },
        clock: { now: () => 0, sleep: async () => {} },
        random: seededRandom(1),
      },
    });
    return { client, sent };
  }

  it("is replaced once, even for a call that must not be done twice: it was not done", async () => {
    const { client, sent } = withTokens([refused, ok({ protection_group: {} })]);
    await client.call("protection_groups.create", CREATE);
    expect(sent).toEqual(["old", "new"]);
  });

  it("is an error when the new one is refused too", async () => {
    const { client, sent } = withTokens([]);
    expect((await failureOf(client.call("protection_groups.create", CREATE))).code).toBe("authentication.required");
    expect(sent).toEqual(["old", "new"]);
  });
});
