import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { KeptToken } from "@protector/openstack";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { privateFiles } from "../private-files.ts";
import { readEntry } from "./cloud-entry.ts";
import { tokenFolder, tokenKeepOf } from "./token-cache.ts";

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "protector-tokens-"));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const TOKEN = { value: "t-1", content: { projectId: "p-1" }, renewAt: 5 } as unknown as KeptToken;
const AUTH = { auth_url: "http://a:5000", username: "demo", password: "p", project_name: "shop" };
const folder = () => join(home, "protector/tokens");
const keep = (auth: object = AUTH, raw: object = {}) =>
  tokenKeepOf(readEntry("x", { ...raw, auth }), {
    folder: folder(),
    files: privateFiles,
    digest: (text) => Buffer.from(text).toString("base64url").slice(-60),
  });
const onlyFile = () => join(folder(), readdirSync(folder())[0] ?? "");

describe("the token cache", () => {
  it("gives a later command the token of the same login, and of no other", () => {
    keep().save(TOKEN);
    expect(keep().load()).toMatchObject(TOKEN);
    expect(keep({ ...AUTH, password: "other" }).load()).toBeUndefined();
    expect(keep({ ...AUTH, project_name: "other" }).load()).toBeUndefined();
    expect(keep(AUTH, { cacert: "/other.pem" }).load()).toBeUndefined();
  });

  it("knows the login again when only its one-time password is another", () => {
    keep({ ...AUTH, passcode: "111111" }).save(TOKEN);
    expect(keep({ ...AUTH, passcode: "222222" }).load()).toMatchObject(TOKEN);
  });

  it("belongs to its owner alone, and leaves nothing half done behind", () => {
    keep().save(TOKEN);
    keep().save(TOKEN);
    expect(readdirSync(folder())).toHaveLength(1);
    expect(statSync(onlyFile()).mode & 0o777).toBe(0o600);
    expect(statSync(folder()).mode & 0o777).toBe(0o700);
    expect(readFileSync(onlyFile(), "utf8")).not.toContain(AUTH.username);
  });

  it("does not believe a file that others can read or write", () => {
    keep().save(TOKEN);
    chmodSync(onlyFile(), 0o640);
    expect(keep().load()).toBeUndefined();
  });

  it("forgets a token that was refused, and survives a folder that cannot be written", () => {
    keep().save(TOKEN);
    keep().forget();
    expect(keep().load()).toBeUndefined();
    keep().save(TOKEN);
    const files = { folder: join(onlyFile(), "below-a-file"), files: privateFiles, digest: () => "x" };
    expect(() => tokenKeepOf(readEntry("x", { auth: AUTH }), files).save(TOKEN)).not.toThrow();
  });

  it("lives in the XDG cache", () => {
    expect(tokenFolder({ HOME: "/home/op" })).toBe("/home/op/.cache/protector/tokens");
    expect(tokenFolder({ HOME: "/home/op", XDG_CACHE_HOME: "/var/c" })).toBe("/var/c/protector/tokens");
    expect(tokenFolder({})).toBeUndefined();
  });
});
