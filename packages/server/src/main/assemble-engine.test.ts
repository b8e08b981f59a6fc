import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { loadConfig } from "../config/index.ts";
import { engineSettings } from "./assemble-engine.ts";

const folder = mkdtempSync(join(tmpdir(), "protector-settings-"));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it("trusts the authorities of [storage] ssl_ca_file for arrays that policies name", () => {
  const file = join(folder, "arrays.pem");
  writeFileSync(file, "PEM");
  const text = `[keystone_authtoken]\nauth_url = http://controller:5000\npassword = x\n[storage]\nssl_ca_file = ${file}\n`;
  const { config } = loadConfig({ files: ["protector.conf"], env: {}, read: () => text });
  expect(engineSettings(config).policyArrayTls).toEqual({ insecure: false, ca: "PEM" });
});
