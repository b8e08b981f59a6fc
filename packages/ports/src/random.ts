// An import would read every export to make a module of it, which loads Web Cryptography: 10 ms of each start.
const { randomBytes, randomUUID } = process.getBuiltinModule("node:crypto");

/** Randomness as a port, so that a run can be repeated from its seed. */
export interface Random {
  /** A number in [0, 1). */
  fraction(): number;
  /** A random UUID (version 4), lower case. */
  uuid(): string;
  /** `length` random bytes. Key material comes from {@link systemRandom} only. */
  bytes(length: number): Uint8Array;
}

/** The machine's cryptographic source. */
export const systemRandom: Random = {
  fraction: () => Math.random(),
  uuid: () => randomUUID(),
  bytes: (length) => randomBytes(length),
};

/** The same sequence for the same seed (mulberry32). For tests and simulations, never for secrets. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const bytes = (length: number) => Uint8Array.from({ length }, () => Math.floor(next() * 256));
  return {
    fraction: next,
    bytes,
    uuid: () => {
      const hex = Buffer.from(bytes(16)).toString("hex");
      return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
    },
  };
}

/** `ms` moved by a random amount of at most a quarter either way: keeps retries of many from marching in step. */
export function withJitter(ms: number, random: Random): number {
  return Math.round(ms * (0.75 + random.fraction() / 2));
}
