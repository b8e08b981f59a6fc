import type { Scene } from "../scene.ts";
import type { Stage } from "../stage.ts";

const NO_ID = "00000000-0000-4000-8000-000000000000";

/** Glance and Placement. */
export async function playImagesAndPlacement(scene: Scene, stage: Stage): Promise<void> {
  const { service, trust, member, imageId } = stage;
  await scene.does("find an image", member, ({ image }) => image.findImage(imageId));
  await scene.does("find an image that is not there", member, ({ image }) => image.findImage(NO_ID));
  await scene.does("list images by name", member, ({ image }) => image.listImages({ name: scene.target.image }));
  await scene.calls("ask Glance with a token that is none", member, {
    service: "image",
    method: "GET",
    path: "/images",
    token: "no-token",
  });
  const wanted = { resources: { MEMORY_MB: 512, VCPU: 1 }, traits: ["!COMPUTE_STATUS_DISABLED"] };
  await scene.does("look for hosts with room", service, ({ placement }) => placement.roomFor(wanted, 1));
  await scene.does("look for hosts when none has room", service, ({ placement }) =>
    placement.roomFor({ ...wanted, resources: { MEMORY_MB: 2_000_000_000 } }, 1),
  );
  await scene.refuses("look for hosts with room", trust, ({ placement }) => placement.roomFor(wanted, 1));
  await scene.refuses("look for hosts with an unknown trait", service, ({ placement }) =>
    placement.roomFor({ ...wanted, traits: ["CUSTOM_PROTECTOR"] }, 1),
  );
  await scene.refuses("look for hosts with an unknown resource", service, ({ placement }) =>
    placement.roomFor({ resources: { CUSTOM_PROTECTOR: 1 }, traits: [] }, 1),
  );
  await scene.calls("ask Placement with a token that is none", member, {
    service: "placement",
    method: "GET",
    path: "/allocation_candidates?resources=VCPU:1",
    token: "no-token",
  });
}
