import type { Scene } from "../scene.ts";
import type { Stage } from "../stage.ts";

/** Waits until a server rests in a status; undefined = until it is gone. @throws Error when it fails instead. */
export async function awaitServer(
  scene: Scene,
  { administrator }: Stage,
  id: string,
  status: string | undefined,
): Promise<void> {
  await scene.until(`server ${id} to be ${status ?? "gone"}`, async () => {
    const server = await administrator.cloud.compute.findServer(id);
    if (server?.status === "ERROR" && status === "ACTIVE") throw new Error(`server ${id} is in error: ${server.fault}`);
    return server?.status === status && (server === undefined || server.taskState === null) ? true : undefined;
  });
}
