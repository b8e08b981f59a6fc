import { OutsideError } from "@protector/ports";
import { describe, expect, test } from "vitest";
import { computeUrl, findEndpoint, imageUrl, networkUrl, versionDocumentUrl, volumeUrl } from "./endpoint.ts";
import { type Scripted, type ScriptedCloud, scriptedCloud } from "./testing/scripted-transport.ts";

const IMAGE = "GET http://controller:9292/v2/images/i-1";
const DELETE_PORT = "DELETE http://controller:9696/v2.0/ports/port-1";
const image = { body: { id: "i-1", name: "cirros", status: "active", visibility: "public", owner: null, size: 5 } };

async function failure(scripted: ScriptedCloud, call: Promise<unknown>) {
  const error = await scripted.run(
    call.then(
      () => undefined,
      (reason: unknown) => reason,
    ),
  );
  if (!(error instanceof OutsideError)) throw new Error(`no OutsideError but ${error}`);
  return error.failure;
}

describe("failures", () => {
  const unavailable: Scripted = { status: 503, body: "<html><h1>503 Service Unavailable</h1> No server.</html>" };
  const tooMany: Scripted = { status: 429, headers: { "retry-after": "7" }, body: { overLimit: { message: "slow" } } };

  test("that pass are repeated for reads", async () => {
    const scripted = scriptedCloud({ [IMAGE]: [unavailable, { fault: "interrupted" }, image] });
    expect((await scripted.run(scripted.cloud.image.findImage("i-1")))?.name).toBe("cirros");
  });

  test("of a token that ended inside the cloud are repeated for reads, and may have had an effect else", async () => {
    const message = "Networking client is experiencing an unauthorized exception.";
    const ended: Scripted = { status: 400, body: { badRequest: { code: 400, message } } };
    const reading = scriptedCloud({ [IMAGE]: [ended, image] });
    expect((await reading.run(reading.cloud.image.findImage("i-1")))?.name).toBe("cirros");
    const writing = scriptedCloud({ [DELETE_PORT]: ended });
    const facts = await failure(writing, writing.cloud.network.deletePort("port-1"));
    expect(facts).toMatchObject({ status: 400, failureClass: "retryable", effect: "unknown" });
  });

  test("end after the number of tries that was set", async () => {
    const scripted = scriptedCloud({ [IMAGE]: unavailable }, { tries: 4 });
    const facts = await failure(scripted, scripted.cloud.image.findImage("i-1"));
    expect(facts).toMatchObject({ status: 503, failureClass: "retryable", effect: "none" });
    expect(facts.detail).toBe("503 Service Unavailable No server.");
    expect(scripted.sentTo(IMAGE)).toHaveLength(4);
  });

  test("of writes that may have had an effect are not repeated", async () => {
    for (const answer of [unavailable, { fault: "interrupted" } as const]) {
      const scripted = scriptedCloud({ [DELETE_PORT]: answer });
      const facts = await failure(scripted, scripted.cloud.network.deletePort("port-1"));
      expect(facts).toMatchObject({ failureClass: "retryable", effect: "unknown" });
      expect(scripted.sentTo(DELETE_PORT)).toHaveLength(1);
    }
  });

  test("of writes that certainly had none are repeated after the time the service asks for", async () => {
    const scripted = scriptedCloud({ [DELETE_PORT]: [tooMany, { status: 204, body: "" }] });
    const before = scripted.clock.now();
    await scripted.run(scripted.cloud.network.deletePort("port-1"));
    expect(scripted.clock.now() - before).toBe(7_000);
  });

  test("of a service that cannot be reached wait for it", async () => {
    const scripted = scriptedCloud({ [IMAGE]: { fault: "unreachable" } });
    const facts = await failure(scripted, scripted.cloud.image.findImage("i-1"));
    expect(facts).toMatchObject({ status: undefined, failureClass: "waiting", effect: "none" });
  });

  test.each<[number, unknown, string]>([
    [400, { badRequest: { code: 400, message: "Invalid input" } }, "final"],
    [403, { forbidden: { code: 403, message: "Policy doesn't allow it" } }, "needs_operator"],
    [404, { NeutronError: { type: "PortNotFound", message: "Port x could not be found", detail: "" } }, "final"],
    [409, { NeutronError: { type: "MacAddressInUse", message: "Mac in use", detail: "" } }, "final"],
    [
      409,
      { NeutronError: { type: "OverQuota", message: "Quota exceeded for resources: ['port'].", detail: "" } },
      "needs_operator",
    ],
    [
      413,
      { overLimit: { code: 413, message: "VolumeLimitExceeded: Maximum number of volumes allowed (1) exceeded" } },
      "needs_operator",
    ],
    [501, "", "final"],
    [302, "", "needs_operator"],
  ])("with status %i and %j", async (status, body, failureClass) => {
    const headers = { "x-openstack-request-id": "req-theirs", "retry-after": "0" };
    const scripted = scriptedCloud({ "PUT http://controller:9696/v2.0/floatingips/f-1": { status, body, headers } });
    const facts = await failure(scripted, scripted.cloud.network.associateFloatingIp("f-1", null));
    expect(facts).toMatchObject({
      service: "neutron",
      call: "PUT /floatingips/f-1",
      status,
      failureClass,
      effect: "none",
      remoteRequestId: "req-theirs",
    });
  });

  test("never quote a token", async () => {
    const token = `gAAAAABm${"x".repeat(60)}`;
    const body = { error: { code: 400, message: `Could not use ${token} with token-1` } };
    const scripted = scriptedCloud({ [IMAGE]: { status: 400, body } });
    const facts = await failure(scripted, scripted.cloud.image.findImage("i-1"));
    expect(facts.detail).toBe("Could not use *** with ***");
  });
});

describe("answers", () => {
  test("that are not JSON are final and are not quoted", async () => {
    const scripted = scriptedCloud({ [IMAGE]: { body: "<html>secret</html>" } });
    const facts = await failure(scripted, scripted.cloud.image.findImage("i-1"));
    expect(facts).toMatchObject({ failureClass: "final", detail: "the answer is not JSON (19 characters)" });
  });

  test("that lack an essential field name it", async () => {
    const scripted = scriptedCloud({
      "GET http://controller:9696/v2.0/networks/n-1": { body: { network: { id: "n-1" } } },
    });
    const facts = await failure(scripted, scripted.cloud.network.findNetwork("n-1"));
    expect(facts).toMatchObject({
      failureClass: "final",
      detail: "the answer has no field network.name that is a string",
    });
  });

  test.each([
    [
      "Placement's introduction",
      {
        errors: [
          { status: 400, title: "Bad Request", detail: "The server could not comply.\n\n No such trait(s): X.   " },
        ],
      },
      "No such trait(s): X.",
    ],
    [
      "Glance's line breaks",
      { message: "No image found with ID i-1<br /><br />\n\n\n", code: "404 Not Found", title: "Not Found" },
      "No image found with ID i-1",
    ],
    [
      "nothing of a reason in brackets",
      { badRequest: { code: 400, message: 'needs replication_enabled="<is> True"' } },
      'needs replication_enabled="<is> True"',
    ],
  ])("a refusal is told without %s", async (_what, body, detail) => {
    const scripted = scriptedCloud({ "GET http://controller:9696/v2.0/networks/n-1": { status: 400, body } });
    expect((await failure(scripted, scripted.cloud.network.findNetwork("n-1"))).detail).toBe(detail);
  });

  test("404 from something that is not the service says nothing about the object", async () => {
    const scripted = scriptedCloud({
      "GET http://controller:9696/v2.0/networks/n-1": { status: 404, body: "<html>nginx</html>" },
      "GET http://controller:9696/v2.0/networks/n-2": {
        status: 404,
        body: { NeutronError: { type: "NetworkNotFound", message: "Network n-2 could not be found.", detail: "" } },
      },
    });
    await failure(scripted, scripted.cloud.network.findNetwork("n-1"));
    expect(await scripted.run(scripted.cloud.network.findNetwork("n-2"))).toBeUndefined();
  });

  test("in pages are followed by the query of their link, in each service's own form", async () => {
    const network = (id: string) => ({ id, name: id, tenant_id: "p", shared: false, status: "ACTIVE", subnets: [] });
    const glance = { name: "cirros", status: "active", visibility: "public", owner: null, size: null };
    const project = (id: string) => ({ id, name: id, domain_id: "default", enabled: true });
    const scripted = scriptedCloud({
      "GET http://controller:9696/v2.0/networks": {
        body: {
          networks: [network("n-1")],
          networks_links: [{ rel: "next", href: "https://wrong.host/networking/v2.0/networks?limit=1&marker=n-1" }],
        },
      },
      "GET http://controller:9696/v2.0/networks?limit=1&marker=n-1": {
        body: {
          networks: [network("n-2")],
          networks_links: [{ rel: "previous", href: "http://x/v2.0/networks?limit=1&marker=n-2&page_reverse=True" }],
        },
      },
      "GET http://controller:9292/v2/images": {
        body: { images: [{ ...glance, id: "i-1" }], next: "/v2/images?marker=i-1", schema: "/v2/schemas/images" },
      },
      "GET http://controller:9292/v2/images?marker=i-1": { body: { images: [{ ...glance, id: "i-2" }] } },
      "GET http://controller:5000/v3/projects?domain_id=default": {
        body: {
          projects: [project("p-1")],
          links: { next: "http://x/v3/projects?marker=p-1", self: "", previous: null },
        },
      },
      "GET http://controller:5000/v3/projects?domain_id=default&marker=p-1": {
        body: { projects: [project("p-2")], links: { next: null, self: "", previous: null } },
      },
    });
    const { network: neutron, image: images, identity } = scripted.cloud;
    expect((await scripted.run(neutron.listNetworks({}))).map(({ id }) => id)).toEqual(["n-1", "n-2"]);
    expect((await scripted.run(images.listImages({}))).map(({ id }) => id)).toEqual(["i-1", "i-2"]);
    const projects = await scripted.run(identity.listProjects({ domainId: "default" }));
    expect(projects.map(({ id }) => id)).toEqual(["p-1", "p-2"]);
  });
});

describe("endpoints", () => {
  const service = (type: string, ...regions: string[]) => ({
    type,
    name: type,
    endpoints: regions.map((region) => ({ interface: "public", region, url: `http://${region}/${type}/` }) as const),
  });

  test("of Cinder are found under any of its names", () => {
    for (const type of ["volumev3", "block-storage", "volume"]) {
      expect(findEndpoint([service(type, "one")], "volume", {})).toBe(`http://one/${type}`);
    }
  });

  test("need a region when several have one, and are named when missing", () => {
    const catalog = [service("compute", "one", "two")];
    expect(findEndpoint(catalog, "compute", { region: "two" })).toBe("http://two/compute");
    expect(() => findEndpoint(catalog, "compute", {})).toThrow("one, two");
    expect(() => findEndpoint(catalog, "compute", { region: "three", interface: "internal" })).toThrow(
      "no internal endpoint of type compute in region three",
    );
  });

  test("get the version that the client speaks", () => {
    expect(computeUrl("http://c:8774")).toBe("http://c:8774/v2.1");
    expect(computeUrl("http://c:8774/v2/p-1")).toBe("http://c:8774/v2.1/p-1");
    expect(computeUrl("http://c/compute/v2.1")).toBe("http://c/compute/v2.1");
    expect(volumeUrl("http://c:8776/v3", "p-1")).toBe("http://c:8776/v3/p-1");
    expect(volumeUrl("http://c/volume", "p-1")).toBe("http://c/volume/v3/p-1");
    expect(volumeUrl("http://c:8776/v3/p-1", "p-1")).toBe("http://c:8776/v3/p-1");
    expect(versionDocumentUrl("http://c:8776/v3/p-1")).toBe("http://c:8776/v3/");
    expect(versionDocumentUrl("http://c:8774/v2.1")).toBe("http://c:8774/v2.1/");
    expect(networkUrl("http://c/networking")).toBe("http://c/networking/v2.0");
    expect(networkUrl("http://c:9696/v2.0")).toBe("http://c:9696/v2.0");
    expect(imageUrl("http://c:9292/v2")).toBe("http://c:9292/v2");
    expect(imageUrl("http://c/image")).toBe("http://c/image/v2");
  });
});
