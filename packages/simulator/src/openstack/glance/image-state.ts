import type { Environment } from "../core/environment.ts";

export interface ImageRecord {
  readonly id: string;
  readonly name: string;
  readonly ownerId: string;
  readonly visibility: "public" | "private" | "shared" | "community";
  readonly sizeBytes: number;
  readonly minDiskGiB: number;
  readonly createdAt: number;
}

/** Everything one Glance knows. */
export class ImageState {
  readonly environment: Environment;
  readonly images = new Map<string, ImageRecord>();

  constructor(environment: Environment) {
    this.environment = environment;
  }

  create(wanted: Pick<ImageRecord, "name" | "ownerId"> & Partial<ImageRecord>): ImageRecord {
    const image: ImageRecord = {
      id: this.environment.uuid(),
      visibility: "public",
      sizeBytes: 16_300_544,
      minDiskGiB: 0,
      createdAt: this.environment.now(),
      ...wanted,
    };
    this.images.set(image.id, image);
    return image;
  }
}
