import type { Fields } from "./answer.ts";
import type { Image, ImageClient } from "./image.ts";
import type { ServiceCaller } from "./request.ts";

/** Glance over HTTP. */
export class GlanceClient implements ImageClient {
  readonly #glance: ServiceCaller;

  constructor(glance: ServiceCaller) {
    this.#glance = glance;
  }

  async findImage(id: string): Promise<Image | undefined> {
    // Glance alone gives the object bare.
    const path = `/images/${encodeURIComponent(id)}`;
    const answer = await this.#glance.send({ method: "GET", path, accept: [404] });
    return answer.status === 404 ? undefined : readImage(answer.fields());
  }

  async listImages(filter: Parameters<ImageClient["listImages"]>[0]): Promise<readonly Image[]> {
    return (await this.#glance.list("/images", "images", { name: filter.name })).map(readImage);
  }
}

function readImage(image: Fields): Image {
  return {
    id: image.text("id"),
    name: image.textOrNull("name"),
    status: image.text("status"),
    visibility: image.text("visibility"),
    ownerId: image.textOrNull("owner"),
    sizeBytes: image.optionalNumber("size") ?? null,
  };
}
