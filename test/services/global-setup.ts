import { ensureServices } from "./ensure-services.ts";

/** Started once per run by vitest, before the first worker. */
export default async function setup(): Promise<() => Promise<void>> {
  const { env, close } = await ensureServices();
  Object.assign(process.env, env);
  return close;
}
