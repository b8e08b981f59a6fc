#!/usr/bin/env node
import { CLOUD_IMAGE } from "./clouds/image.ts";
import { ensureLibatomic } from "./clouds/libatomic.ts";
import { ensureSchemaLayer } from "./clouds/schema-layer.ts";
import { ensureTools } from "./machines/host.ts";
import { ensureImage } from "./machines/image.ts";

/*
 * Builds what clouds are made from, when it is not there: the tools of this host, which it says with a line of its own,
 * the image of the machines and the tables of the databases. Whoever has other work runs it beside that, see
 * `preparation.ts`.
 */

try {
  await ensureTools();
  await ensureLibatomic();
  process.stdout.write("tools\n");
  await ensureImage(CLOUD_IMAGE);
  process.stdout.write("image\n");
  await ensureSchemaLayer();
  process.stdout.write("tables\n");
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
