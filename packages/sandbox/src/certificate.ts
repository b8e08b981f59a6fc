import { generateKeyPairSync, randomBytes, sign } from "node:crypto";

/** PEM text. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

const DAY_MS = 86_400_000;

/** Object identifiers as DER holds them. */
const OID = {
  commonName: [0x55, 0x04, 0x03],
  subjectAltName: [0x55, 0x1d, 0x11],
  basicConstraints: [0x55, 0x1d, 0x13],
  ecdsaWithSha256: [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02],
} as const;

/**
 * A certificate that vouches for itself, valid from an hour ago for thirty days: Node makes keys but no certificates.
 * Form: RFC 5280, section 4.1.
 * @param addresses IPv4 addresses that it is for.
 * @param now ms since the UNIX epoch.
 */
export function selfSignedCertificate(name: string, addresses: readonly string[], now: number): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const algorithm = sequence(oid(OID.ecdsaWithSha256));
  const named = sequence(der(0x31, sequence(oid(OID.commonName), der(0x0c, Buffer.from(name)))));
  const content = sequence(
    der(0xa0, integer([2])),
    integer([0x01, ...randomBytes(15)]),
    algorithm,
    named,
    sequence(time(now - 3_600_000), time(now + 30 * DAY_MS)),
    named,
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, sequence(authority(), alternativeNames(addresses))),
  );
  const signature = sign("sha256", content, privateKey);
  const certificate = sequence(content, algorithm, der(0x03, Buffer.concat([Buffer.of(0), signature])));
  return { cert: pem(certificate), key: privateKey.export({ type: "pkcs8", format: "pem" }).toString() };
}

/** Clients trust it as their only authority. */
function authority(): Buffer {
  const isAuthority = der(0x01, Buffer.of(0xff));
  return sequence(oid(OID.basicConstraints), der(0x01, Buffer.of(0xff)), der(0x04, sequence(isAuthority)));
}

function alternativeNames(addresses: readonly string[]): Buffer {
  const names = addresses.map((address) => der(0x87, Buffer.from(address.split(".").map(Number))));
  return sequence(oid(OID.subjectAltName), der(0x04, sequence(...names)));
}

/** Tag, length, content. */
function der(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.of(tag, ...size), content]);
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return der(0x30, Buffer.concat(parts));
}

function oid(bytes: readonly number[]): Buffer {
  return der(0x06, Buffer.from(bytes));
}

function integer(bytes: readonly number[]): Buffer {
  return der(0x02, Buffer.from(bytes));
}

/** UTCTime: years up to 2049. */
function time(ms: number): Buffer {
  const text = new Date(ms).toISOString().replaceAll(/[-:T]|\.\d+/g, "");
  return der(0x17, Buffer.from(text.slice(2)));
}

function pem(bytes: Buffer): string {
  const lines = bytes.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}
