import { mustRun } from "../machines/command.ts";
import type { StageArray } from "../story/stage.ts";

const VERSION = "2.26";

/** Names of all volumes of an array that are not destroyed. */
export async function liveVolumes({ url, apiToken }: StageArray): Promise<readonly string[]> {
  const quiet = ["--insecure", "--silent", "--show-error", "--fail"];
  const login = [...quiet, "--dump-header", "-", "--output", "/dev/null", "--request", "POST"];
  const headers = await mustRun("curl", [
    ...login,
    "--header",
    `api-token: ${apiToken}`,
    `${url}/api/${VERSION}/login`,
  ]);
  const token = /^x-auth-token: *(\S+)/im.exec(headers)?.[1] ?? "";
  const list = `${url}/api/${VERSION}/volumes?destroyed=false&limit=1000`;
  const answer = await mustRun("curl", [...quiet, "--header", `x-auth-token: ${token}`, list]);
  return (JSON.parse(answer) as { items: readonly { name: string }[] }).items.map(({ name }) => name);
}
