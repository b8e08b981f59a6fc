import { describe, expect, it } from "vitest";
import { readCloudFiles, requireEntry } from "./cloud-files.ts";
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

  it("has to be named when nothing fits: another region, no registration", () => {
    const found = files({ "./clouds.yaml": CLOUDS });
    expect(() => findPeer(found, near, [summary("http://a:5000", "RegionTwo")])).toThrow("--secondary-cloud");
    expect(() => findPeer(found, near, [])).toThrow("No peer site is registered at site-a");
  });
});
