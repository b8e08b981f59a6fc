/** Glance v2. Methods throw `OutsideError` (service `glance`). */
export interface ImageClient {
  findImage(id: string): Promise<Image | undefined>;
  listImages(filter: { readonly name?: string }): Promise<readonly Image[]>;
}

export interface Image {
  readonly id: string;
  readonly name: string | null;
  readonly status: string;
  readonly visibility: string;
  readonly ownerId: string | null;
  readonly sizeBytes: number | null;
}
