import { mustRun } from "../machines/command.ts";
import type { StageArray } from "./stage.ts";

const VERSION = "2.26";

/** A collection of an array's REST interface. */
export type ArrayCollection = "volumes" | "volume-snapshots" | "protection-groups" | "protection-group-snapshots";

/** Names of all objects of one kind on an array that are not destroyed. */
export async function liveNames(
  { url, apiToken }: StageArray,
  kind: ArrayCollection = "volumes",
): Promise<readonly string[]> {
  const quiet = ["--insecure", "--silent", "--show-error", "--fail"];
  const login = [...quiet, "--dump-header", "-", "--output", "/dev/null", "--request", "POST"];
  const headers = await mustRun("curl", [
    ...login,
    "--header",
    `api-token: ${apiToken}`,
    `${url}/api/${VERSION}/login`,
  ]);
  const token = /^x-auth-token: *(\S+)/im.exec(headers)?.[1] ?? "";
  const list = `${url}/api/${VERSION}/${kind}?destroyed=false&limit=1000`;
  const answer = await mustRun("curl", [...quiet, "--header", `x-auth-token: ${token}`, list]);
  return (JSON.parse(answer) as { items: readonly { name: string }[] }).items.map(({ name }) => name);
}
