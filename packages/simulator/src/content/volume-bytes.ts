/** Whose bytes: a volume or a snapshot by the array that has it and its serial number there. */
export interface BytesOwner {
  /** Name of the array. */
  readonly array: string;
  readonly serial: string;
}

/**
 * Keeps the bytes of volumes and snapshots where somebody outside the simulator can read and write them. Every method
 * is synchronous and has taken place as a whole when it returns, so a group snapshot is one step of the array.
 */
export interface VolumeBytes {
  /** New bytes, all zero. `bytes` is the size. */
  create(owner: BytesOwner, bytes: number): void;
  /** Makes `to` hold what `from` holds now, at the size `bytes`; what `to` held before is gone. */
  copy(from: BytesOwner, to: BytesOwner, bytes: number): void;
  /** Adds zeros until the size is `bytes`. */
  grow(owner: BytesOwner, bytes: number): void;
  /** Forgets the bytes for good. */
  remove(owner: BytesOwner): void;
}

/** For worlds whose volumes hold a log of writes only, see `content.ts`. */
export const NO_BYTES: VolumeBytes = {
  create: () => {},
  copy: () => {},
  grow: () => {},
  remove: () => {},
};
