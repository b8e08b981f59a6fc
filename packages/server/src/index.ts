export { createApi } from "./api/app.ts";
export type { ApiLog, ApiPorts, ApiSettings } from "./api/ports.ts";
export { type KeyRing, newKeyRing } from "./domain/key-ring.ts";
export { type ListeningApi, startApiWorker, type WorkerPorts } from "./main/api-worker.ts";
export { type ApiParts, assembleApi } from "./main/assemble-api.ts";
export { type PreparedSite, prepareSite } from "./main/prepare-site.ts";
export { loadProgramConfig, openSiteDatabase, type ProgramArguments } from "./main/program.ts";
export { openLog } from "./main/program-log.ts";
export { type RunningSite, startSite } from "./main/site.ts";
