import { describe, expect, it } from "vitest";
import { SITES } from "../site.ts";
import { type ConfigurationFile, INFRASTRUCTURE_FILES, INFRASTRUCTURE_UNITS, SERVICES } from "./index.ts";
import { iniText } from "./ini.ts";

const SITE_A = filesOf("site-a");
const SITE_B = filesOf("site-b");

function filesOf(site: "site-a" | "site-b"): readonly ConfigurationFile[] {
  return [...INFRASTRUCTURE_FILES, ...SERVICES.flatMap(({ files }) => files(SITES[site]))];
}

function textOf(files: readonly ConfigurationFile[], path: string): string {
  return files.find((file) => file.path === path)?.text ?? "";
}

describe("the configuration of a cloud", () => {
  it("writes every file once", () => {
    const paths = SITE_A.map(({ path }) => path);
    expect(new Set(paths).size).toBe(paths.length);
  });

  it("lets no two units listen on the same port", () => {
    const units = [...INFRASTRUCTURE_UNITS, ...SERVICES.flatMap((service) => service.units)];
    const ports = units.flatMap(({ port }) => port ?? []);
    expect(new Set(ports).size).toBe(ports.length);
  });

  it("keeps files with passwords from everybody", () => {
    const open = SITE_A.filter(({ text, group }) => /secret/.test(text) && group === undefined);
    expect(open.map(({ path }) => path)).toEqual([]);
  });

  it("gives each cloud its own array and replicates to that of the other", () => {
    const [a, b] = [SITE_A, SITE_B].map((files) => textOf(files, "/etc/cinder/cinder.conf"));
    expect(a).toMatch(/^san_ip = 10\.77\.0\.21$/m);
    expect(a).toMatch(/^replication_device = backend_id:array-b,san_ip:10\.77\.0\.22,/m);
    expect(b).toMatch(/^san_ip = 10\.77\.0\.22$/m);
    expect(b).toMatch(/^replication_device = backend_id:array-a,san_ip:10\.77\.0\.21,/m);
  });

  it("leaves Cinder's policy as it comes", () => {
    expect(SITE_A.filter(({ path }) => path.includes("policy"))).toEqual([]);
  });

  it("names nobody but the cloud itself as controller", () => {
    expect(SITE_B.filter(({ text }) => text.includes("site-a"))).toEqual([]);
  });
});

describe("iniText", () => {
  it("writes sections and options in their order", () => {
    expect(iniText({ DEFAULT: { debug: false }, database: { pool: 5 } })).toBe(
      "[DEFAULT]\ndebug = false\n\n[database]\npool = 5\n",
    );
  });
});
