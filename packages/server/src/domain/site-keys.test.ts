import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { seededRandom } from "@protector/ports";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type DatabaseConnection, migrate, openSqlite } from "../db/index.ts";
import { addKey, newKeyRing, readKeyRing } from "./key-ring.ts";
import { privateKeyOf, publicBytesOf } from "./raw-keys.ts";
import { seal, unseal } from "./sealing.ts";
import { SecretStore } from "./secrets.ts";
import { isSignedBy, signatureOf } from "./signatures.ts";
import { loadSiteIdentity, mintSiteIdentity } from "./site-identity.ts";

const random = seededRandom(7);
const ADDRESS = { name: "a", authUrl: "http://a:5000", region: null, apiUrl: "http://a:8788" };
let database: DatabaseConnection;

beforeEach(async () => {
  database = openSqlite({ path: ":memory:" });
  await migrate(database);
});
afterEach(() => database.close());

describe("secrets", () => {
  it("come back for their purpose only, and never stand in the database", async () => {
    const store = new SecretStore(newKeyRing(random), random);
    const id = await store.put(database.db, { purpose: "array_token", text: "s3cret-token" }, 0);
    expect(await store.read(database.db, id, "array_token")).toBe("s3cret-token");
    await expect(store.read(database.db, id, "site_password")).rejects.toMatchObject({ code: "secrets.unavailable" });
    expect(JSON.stringify(await database.db.selectFrom("secrets").selectAll().execute())).not.toContain("s3cret");
  });

  it("cannot be moved to another row", async () => {
    const store = new SecretStore(newKeyRing(random), random);
    const [one, other] = [
      await store.put(database.db, { purpose: "array_token", text: "one" }, 0),
      await store.put(database.db, { purpose: "array_token", text: "other" }, 0),
    ];
    const { ciphertext } = await database.db
      .selectFrom("secrets")
      .selectAll()
      .where("id", "=", one)
      .executeTakeFirstOrThrow();
    await database.db.updateTable("secrets").set({ ciphertext }).where("id", "=", other).execute();
    await expect(store.read(database.db, other, "array_token")).rejects.toMatchObject({ code: "secrets.unavailable" });
  });

  it("refuse to start on a host with other keys", async () => {
    await new SecretStore(newKeyRing(random), random).requireCanary(database.db, 0);
    const elsewhere = new SecretStore(newKeyRing(random), random);
    await expect(elsewhere.requireCanary(database.db, 0)).rejects.toMatchObject({ code: "secrets.unavailable" });
  });

  it("are all under the newest key after a rotation", async () => {
    const old = newKeyRing(random);
    const id = await new SecretStore(old, random).put(database.db, { purpose: "array_token", text: "kept" }, 0);
    const fresh = newKeyRing(random);
    const both = new SecretStore({ currentId: fresh.currentId, keys: new Map([...old.keys, ...fresh.keys]) }, random);
    expect(await both.reencrypt(database.db)).toBe(1);
    expect(await new SecretStore(fresh, random).read(database.db, id, "array_token")).toBe("kept");
  });
});

describe("a key repository", () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "keys-"));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it("is readable for its owner only, and keeps old keys", () => {
    const first = addKey(join(directory, "keys"), random);
    const second = addKey(join(directory, "keys"), random);
    expect([...second.keys.keys()]).toContain(first.currentId);
    expect(second.currentId).not.toBe(first.currentId);
    expect(statSync(join(directory, "keys")).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(join(directory, "keys"))) {
      expect(statSync(join(directory, "keys", name)).mode & 0o777, name).toBe(0o600);
    }
  });

  it("names the file that is damaged", () => {
    const { currentId } = addKey(join(directory, "keys"), random);
    const file = join(directory, "keys", `${currentId}.key`);
    writeFileSync(file, Buffer.alloc(32).toString("base64"));
    expect(() => readKeyRing(join(directory, "keys"))).toThrow(file);
  });
});

describe("a site's identity", () => {
  it("is minted once, and signs what its public key confirms", async () => {
    const secrets = new SecretStore(newKeyRing(random), random);
    const ports = { db: database.db, secrets, random };
    const id = await mintSiteIdentity(ports, ADDRESS, 0);
    expect(await mintSiteIdentity(ports, ADDRESS, 0)).toBe(id);
    const identity = await loadSiteIdentity(database.db, secrets);
    const signed = identity.sign({ b: 1, a: [2, { c: "x" }] });
    expect(isSignedBy(signed, identity.signingPublicKey)).toBe(true);
    const changed = { ...signed, b: 2 };
    expect(isSignedBy(changed, identity.signingPublicKey)).toBe(false);
    const sealed = seal("token", { publicKey: identity.sealingPublicKey, context: "x" }, random);
    expect(identity.unseal(sealed, "x")).toBe("token");
    expect(() => identity.unseal(sealed, "y")).toThrow();
  });
});

describe("sealed boxes", () => {
  it("open for their recipient alone", () => {
    const [mine, yours] = [privateKeyOf("x25519", random.bytes(32)), privateKeyOf("x25519", random.bytes(32))];
    const sealed = seal("text", { publicKey: publicBytesOf(mine).toString("base64"), context: "c" }, random);
    expect(unseal(sealed, { privateKey: mine, context: "c" })).toBe("text");
    expect(() => unseal(sealed, { privateKey: yours, context: "c" })).toThrow();
  });

  it("sign the same for the same content in another order of keys", () => {
    const key = random.bytes(32);
    expect(signatureOf({ a: 1, b: 2 }, key)).toBe(signatureOf({ b: 2, a: 1 }, key));
  });
});
