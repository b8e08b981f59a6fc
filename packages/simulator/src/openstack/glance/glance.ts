import { Router } from "../../http/router.ts";
import type { ApiError } from "../core/api-error.ts";
import { notFound } from "../core/api-error.ts";
import { type Call, type Caller, ok } from "../core/call.ts";
import { OpenStackService } from "../core/openstack-service.ts";
import { pageOf } from "../core/paging.ts";
import { secondsTime } from "../core/times.ts";
import type { ImageRecord, ImageState } from "./image-state.ts";

export interface GlanceOptions {
  readonly name: string;
  readonly origin: string;
  readonly state: ImageState;
  readonly authenticate: (token: string) => Caller | undefined;
  readonly authUri: string;
}

const REASONS: Readonly<Record<number, string>> = { 400: "Bad Request", 403: "Forbidden", 404: "Not Found" };

const WITHOUT_TOKEN =
  "This server could not verify that you are authorized to access the document you requested. Either you supplied the wrong credentials (e.g., bad password), or your browser does not understand how to supply the credentials required.";

/** Glance's REST front end (v2, reading only) over `state`. */
export function createGlance({ name, origin, state, authenticate, authUri }: GlanceOptions): OpenStackService {
  const router = new Router<Call>();
  const versions = [{ id: "v2.15", status: "CURRENT", links: [{ rel: "self", href: `${origin}/v2/` }] }];
  const isSeen = (image: ImageRecord, call: Call) =>
    call.caller.isAdmin || image.visibility !== "private" || image.ownerId === call.caller.projectId;
  router
    .on("GET", "", () => ({ status: 300, body: { versions } }))
    .on("GET", "/versions", () => ({ status: 200, body: { versions } }))
    .on("GET", "/v2/images", (call) => {
      const wanted = call.query.get("name");
      const seen = [...state.images.values()].filter(
        (image) => isSeen(image, call) && (wanted ?? image.name) === image.name,
      );
      const page = pageOf(seen, call.query, { url: "/v2/images", maximum: 1000 });
      return ok({
        images: page.items.map(imageView),
        first: `/v2/images${call.query.size > 0 ? `?${call.query}` : ""}`,
        schema: "/v2/schemas/images",
        ...(page.next && { next: page.next }),
      });
    })
    .on("GET", "/v2/images/:id", (call, { id = "" }) => {
      const image = state.images.get(id);
      if (!image || !isSeen(image, call)) throw notFound(`No image found with ID ${id}`);
      return ok(imageView(image));
    });
  return new OpenStackService({
    name,
    origin,
    serviceType: "image",
    router,
    environment: state.environment,
    authenticate,
    authUri,
    errorBody: (error: ApiError) => ({
      message: `${error.message}<br /><br />\n\n\n`,
      code: `${error.status} ${REASONS[error.status] ?? "Error"}`,
      title: REASONS[error.status] ?? "Error",
    }),
    isPublic: (method, path) => method === "GET" && (path === "/" || path === "/versions"),
    manners: {
      isRequestIdInner: true,
      unauthorizedBody: {
        message: `${WITHOUT_TOKEN}<br /><br />\n\n\n`,
        code: "401 Unauthorized",
        title: "Unauthorized",
      },
    },
  });
}

const imageView = (image: ImageRecord) => ({
  id: image.id,
  name: image.name,
  status: "active",
  visibility: image.visibility,
  owner: image.ownerId,
  size: image.sizeBytes,
  min_disk: image.minDiskGiB,
  min_ram: 0,
  disk_format: "raw",
  container_format: "bare",
  checksum: "d41d8cd98f00b204e9800998ecf8427e",
  os_hash_algo: "sha512",
  os_hash_value: "cf83e1357eefb8bdf1542850d66d8007",
  virtual_size: image.sizeBytes,
  stores: "images",
  protected: false,
  os_hidden: false,
  tags: [],
  created_at: secondsTime(image.createdAt),
  updated_at: secondsTime(image.createdAt),
  self: `/v2/images/${image.id}`,
  file: `/v2/images/${image.id}/file`,
  schema: "/v2/schemas/image",
});
