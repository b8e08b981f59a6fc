import { describe, expect, it } from "vitest";
import { overlaid, variablesBesideCloud } from "./cloud-entry.ts";
import { readCloudFiles, requireEntry, requireRegions } from "./cloud-files.ts";
import { findPeer } from "./find-peer.ts";

const files = (texts: Readonly<Record<string, string>>, env: Readonly<Record<string, string>> = { HOME: "/home/op" }) =>
  readCloudFiles({ env, readFile: (path) => texts[path] });

const CLOUDS = `
clouds:
  site-a:
    region_name: RegionOne
    interface: internal
    verify: false
    auth: {auth_url: "http://a:5000/v3", username: demo, project_name: shop, project_domain_id: default}
  site-b:
    cacert: /etc/ssl/b.pem
    auth:
      auth_url: http://b:5000
      application_credential_id: abc
      application_credential_secret: shh
`;

describe("clouds.yaml", () => {
  it("is taken from the first of the usual places, with secure.yaml laid over it", () => {
    const found = files({
      "/home/op/.config/openstack/clouds.yaml": CLOUDS,
      "/etc/openstack/clouds.yaml": "clouds: {other: {}}",
      "/etc/openstack/secure.yaml": "clouds: {site-a: {auth: {password: hidden}}}",
    });
    expect(found.path).toBe("/home/op/.config/openstack/clouds.yaml");
    expect(found.entries.map(({ name }) => name)).toEqual(["site-a", "site-b"]);
    expect(requireEntry(found, "site-a")).toMatchObject({
      region: "RegionOne",
      interface: "internal",
      isInsecure: true,
      auth: { password: "hidden", username: "demo" },
    });
    expect(requireEntry(found, "site-b")).toMatchObject({ caFile: "/etc/ssl/b.pem", isInsecure: false });
  });

  it("gives way to OS_CLIENT_CONFIG_FILE", () => {
    const env = { HOME: "/home/op", OS_CLIENT_CONFIG_FILE: "/tmp/mine.yaml" };
    const found = files({ "/tmp/mine.yaml": "clouds: {mine: {}}", "./clouds.yaml": CLOUDS }, env);
    expect(found.entries.map(({ name }) => name)).toEqual(["mine"]);
  });

  it.each([
    ["./clouds.json", {}],
    ["/home/op/conf/openstack/clouds.yml", { XDG_CONFIG_HOME: "/home/op/conf" }],
    ["/home/op/.config/openstack/clouds.yaml", { XDG_CONFIG_HOME: "/home/op/conf" }],
    ["/etc/xdg/openstack/clouds.yaml", {}],
    ["/etc/openstack/clouds.yaml", {}],
  ])("is found at %s", (path, env) => {
    const found = files({ [path]: '{"clouds": {"mine": {}}}' }, { HOME: "/home/op", ...env });
    expect(found).toMatchObject({ path, entries: [{ name: "mine" }] });
  });

  it("stands on a profile of clouds-public.yaml", () => {
    const found = files({
      "./clouds.yaml": "clouds: {mine: {profile: vendor, auth: {username: demo}}, other: {profile: nobody}}",
      "/etc/openstack/clouds-public.yaml":
        "public-clouds: {vendor: {region_name: One, interface: internal, auth: {auth_url: 'http://v:5000'}}}",
    });
    const auth = { auth_url: "http://v:5000", username: "demo" };
    expect(requireEntry(found, "mine")).toMatchObject({
      region: "One",
      interface: "internal",
      auth,
      profile: undefined,
    });
    expect(requireEntry(found, "other").profile).toBe("nobody");
  });

  it("may name several regions, with values of their own; the first is meant where none is named", () => {
    const many = "regions: [{name: One, values: {interface: internal}}, Two]";
    const found = files({ "./clouds.yaml": `clouds: {mine: {${many}, auth: {auth_url: 'http://m:5000'}}}` });
    expect(requireEntry(found, "mine")).toMatchObject({ region: "One", interface: "internal" });
    expect(requireRegions(found, "mine").map(({ region }) => region)).toEqual(["One", "Two"]);
  });

  it("may hold the keys of auth beside it, and call a project a tenant", () => {
    const text = "clouds: {mine: {auth_url: 'http://m:5000', username: demo, auth: {tenant_name: shop}}}";
    expect(requireEntry(files({ "./clouds.yaml": text }), "mine").auth).toEqual({
      auth_url: "http://m:5000",
      username: "demo",
      project_name: "shop",
    });
  });

  it("names the clouds there are, or the places searched, when one is missing", () => {
    expect(() => requireEntry(files({ "./clouds.yaml": CLOUDS }), "site-c")).toThrow("Clouds there: site-a, site-b");
    expect(() => requireEntry(files({}), "site-c")).toThrow("/home/op/.config/openstack/clouds.yaml");
  });

  it("is refused when it is no YAML, by name", () => {
    expect(() => files({ "./clouds.yaml": "clouds: {" })).toThrow("./clouds.yaml is not valid YAML");
  });
});

describe("the peer's cloud", () => {
  const summary = (auth_url: string, region: string | null) => ({
    id: "1",
    name: "beta",
    is_local: false,
    auth_url,
    region,
    interface: "public" as const,
    api_url: "",
    signing_public_key: "",
    reachability: "unknown" as const,
    reachability_reason: null,
    reachability_at: null,
  });
  const near = requireEntry(files({ "./clouds.yaml": CLOUDS }), "site-a");

  it("is the one with the registered Keystone, however its address is written", () => {
    const found = findPeer(files({ "./clouds.yaml": CLOUDS }), near, [summary("http://b:5000/v3/", null)]);
    expect(found.name).toBe("site-b");
  });

  it("is the one of the same user and project among several", () => {
    const auth = "auth_url: http://b:5000, project_name: shop";
    const two = `clouds: {admin-b: {auth: {username: admin, ${auth}}}, demo-b: {auth: {username: demo, ${auth}}}}`;
    expect(findPeer(files({ "./clouds.yaml": two }), near, [summary("http://b:5000", null)]).name).toBe("demo-b");
  });

  it("is the near login in the other region when both sites share a Keystone", () => {
    const found = findPeer(files({ "./clouds.yaml": CLOUDS }), near, [summary("http://a:5000", "RegionTwo")]);
    expect(found).toMatchObject({ name: "beta", region: "RegionTwo", auth: { username: "demo" } });
  });

  it("is the region of a cloud of several that fits", () => {
    const many = "clouds: {all: {regions: [One, Two], auth: {auth_url: 'http://b:5000'}}}";
    const found = findPeer(files({ "./clouds.yaml": many }), near, [summary("http://b:5000", "Two")]);
    expect(found).toMatchObject({ name: "all", region: "Two" });
  });

  it("has to be named when nothing fits: another Keystone, no registration", () => {
    const found = files({ "./clouds.yaml": CLOUDS });
    expect(() => findPeer(found, near, [summary("http://c:5000", "RegionTwo")])).toThrow("--secondary-cloud");
    expect(() => findPeer(found, near, [])).toThrow("No peer site is registered at site-a");
  });
});

describe("what is said beside a cloud's name", () => {
  const regions = (yaml: string) => requireRegions(files({ "./clouds.yaml": `clouds: {mine: {${yaml}}}` }), "mine");
  const auth = "auth: {auth_url: 'http://m:5000', username: demo, password: secret, project_name: shop}";

  it("takes the place of what the cloud says: region, interface, authority, login", () => {
    const given = {
      OS_REGION_NAME: "Two",
      OS_INTERFACE: "internal",
      OS_CACERT: "/ca.pem",
      OS_INSECURE: "true",
      OS_USERNAME: "other",
      OS_PROJECT_NAME: "yard",
    };
    expect(overlaid(regions(auth), given)).toMatchObject({
      name: "mine",
      region: "Two",
      interface: "internal",
      caFile: "/ca.pem",
      isInsecure: true,
      auth: { username: "other", password: "secret", project_name: "yard" },
    });
  });

  it("chooses among the regions that the cloud has; another one is refused", () => {
    const many = regions(`regions: [One, Two], ${auth}`);
    expect(overlaid(many, { OS_REGION_NAME: "Two" }).region).toBe("Two");
    expect(overlaid(many, {}).region).toBe("One");
    expect(() => overlaid(many, { OS_REGION_NAME: "Three" })).toThrow(
      'Cloud "mine" has no region Three; it has One, Two.',
    );
    expect(() => overlaid(regions(`region_name: One, ${auth}`), { OS_REGION_NAME: "Two" })).toThrow(
      "has no region Two",
    );
  });

  it("leaves the project of a named cloud alone when it comes from the environment", () => {
    const variables = variablesBesideCloud({ OS_PROJECT_NAME: "yard", OS_TENANT_NAME: "yard", OS_PASSWORD: "mine" });
    expect(overlaid(regions(auth), variables).auth).toMatchObject({ project_name: "shop", password: "mine" });
  });
});
