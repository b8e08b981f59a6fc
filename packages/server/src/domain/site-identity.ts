import type { KeyObject } from "node:crypto";
import type { Random } from "@protector/ports";
import { flag, readJson, writeJson, writeTime } from "../db/codecs.ts";
import { findLocalSite } from "../db/repositories/sites.ts";
import type { Db } from "../db/transaction.ts";
import { privateKeyOf, publicBytesOf } from "./raw-keys.ts";
import { unseal } from "./sealing.ts";
import type { SecretStore } from "./secrets.ts";
import { signatureOf, textSignatureOf } from "./signatures.ts";

/** Who this site is, and what only it can do. */
export interface SiteIdentity {
  readonly siteId: string;
  /** 32 bytes, base64. */
  readonly signingPublicKey: string;
  /** 32 bytes, base64. */
  readonly sealingPublicKey: string;
  /** The body with this site's signature. */
  sign<T extends object>(body: T): T & { readonly signature: string };
  /** Ed25519 signature, base64, over the bytes of a text. */
  signText(text: string): string;
  /** @throws Error when the box was not sealed for this site, or for another context. */
  unseal(sealed: string, context: string): string;
}

/** How this site is reached; written when the identity is minted, changed by registering the site's own id. */
export interface SiteAddress {
  readonly name: string;
  readonly authUrl: string;
  readonly region: string | null;
  /** protector-api without version. */
  readonly apiUrl: string;
}

interface PrivateKeys {
  readonly signing: string;
  readonly sealing: string;
}

/**
 * Gives this database its site: id, signing key, sealing key. Does nothing when it has one.
 * @param random `systemRandom`, except in simulations.
 * @returns the site's id.
 */
export async function mintSiteIdentity(
  ports: { readonly db: Db; readonly secrets: SecretStore; readonly random: Random },
  address: SiteAddress,
  now: number,
): Promise<string> {
  const known = await findLocalSite(ports.db);
  if (known) return known.id;
  const id = ports.random.uuid();
  const signing = ports.random.bytes(32);
  const sealing = ports.random.bytes(32);
  const text = JSON.stringify({ signing: base64(signing), sealing: base64(sealing) } satisfies PrivateKeys);
  const private_keys_secret_id = await ports.secrets.put(ports.db, { purpose: "site_private_keys", text }, now);
  await ports.db
    .insertInto("sites")
    .values({
      id,
      name: address.name,
      description: "",
      is_local: flag(true),
      auth_url: address.authUrl,
      region: address.region,
      interface: "public",
      api_url: address.apiUrl,
      username: null,
      user_domain_name: null,
      project_name: null,
      project_domain_name: null,
      ca_certificate: null,
      password_secret_id: null,
      signing_public_key: base64(publicBytesOf(privateKeyOf("ed25519", signing))),
      sealing_public_key: base64(publicBytesOf(privateKeyOf("x25519", sealing))),
      private_keys_secret_id,
      reachability: "unknown",
      reachability_reason: null,
      reachability_at: null,
      reachability_since: null,
      validation: writeJson({ status: "never" as const, checked_at: null, checks: [] }),
      validation_requested_at: null,
      volume_types: writeJson([]),
      created_at: writeTime(now),
      updated_at: writeTime(now),
    })
    .execute();
  return id;
}

/**
 * The identity that `protector-manage db sync` minted.
 * @throws Error when there is none; ProtectorError `secrets.unavailable` when this host lacks the key.
 */
export async function loadSiteIdentity(db: Db, secrets: SecretStore): Promise<SiteIdentity> {
  const row = await findLocalSite(db);
  if (!row?.private_keys_secret_id) throw new Error("this site has no identity yet: run protector-manage db sync");
  const keys = readJson<PrivateKeys>(await secrets.read(db, row.private_keys_secret_id, "site_private_keys"));
  const signingKey = Buffer.from(keys.signing, "base64");
  const sealingKey: KeyObject = privateKeyOf("x25519", Buffer.from(keys.sealing, "base64"));
  return {
    siteId: row.id,
    signingPublicKey: row.signing_public_key,
    sealingPublicKey: row.sealing_public_key,
    sign: (body) => ({ ...body, signature: signatureOf(body, signingKey) }),
    signText: (text) => textSignatureOf(text, signingKey),
    unseal: (sealed, context) => unseal(sealed, { privateKey: sealingKey, context }),
  };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}
