import { afterEach, beforeEach, expect } from "vitest";
import { contents, send, type TestAnswer, type TestSites, twoSites } from "./testing.ts";

/** Two new sites for every test, which {@link freeze} declares unchangeable from there on. */
export function twoSitesThatStay() {
  let current: TestSites | undefined;
  let before: { readonly a: string; readonly b: string } | undefined;
  const sites: TestSites = {
    get clock() {
      return there().clock;
    },
    get world() {
      return there().world;
    },
    get a() {
      return there().a;
    },
    get b() {
      return there().b;
    },
  };
  const there = () => {
    if (!current) throw new Error("the sites are there only while a test runs");
    return current;
  };
  const held = async () => ({ a: await contents(sites.a), b: await contents(sites.b) });
  beforeEach(async () => {
    current = await twoSites();
    before = undefined;
  });
  afterEach(async () => {
    if (before) expect(await held()).toEqual(before);
  });
  return {
    sites,
    freeze: async () => {
      before = await held();
    },
    thaw: async () => {
      if (before) expect(await held()).toEqual(before);
      before = undefined;
    },
    create: (name: unknown, extra: object = {}) =>
      send(sites.a, "protection_groups.create", {
        path: { project_id: sites.a.projectId },
        body: { protection_group: { name, ...extra } as { name: string } },
      }),
  };
}

/** Status, code, the words that name the object, and the request id in body and header. */
export function expectRefused(answer: TestAnswer<unknown>, status: number, code: string, words: string): void {
  expect(answer.status).toBe(status);
  expect(answer.errors[0]).toMatchObject({ status, code: `protector.${code}` });
  expect(answer.errors[0]?.detail).toContain(words);
  expect(answer.errors[0]?.request_id).toBe(answer.headers["x-openstack-request-id"]);
}
