import { forgetEngineServices, reportEngineService } from "../../db/repositories/engine-services.ts";
import type { EnginePorts } from "../engine-ports.ts";

/** ms after which an engine that says nothing is forgotten. */
const FORGET_AFTER_MS = 24 * 3600 * 1000;

/** Says that this engine is there and how its messaging is, and forgets engines that were not seen for a day. */
export async function beat(ports: EnginePorts, messaging: string): Promise<void> {
  const { connection, settings } = ports;
  await reportEngineService(connection, { host: settings.host, process: "protector-engine", messaging });
  await forgetEngineServices(connection, FORGET_AFTER_MS);
}
