import { execFileSync } from "node:child_process";

/**
 * Runs a tool of the packaging.
 * @returns standard output.
 * @throws Error with what the tool said.
 */
export function runTool(program: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): string {
  try {
    return execFileSync(program, args, { encoding: "utf8", env, stdio: ["ignore", "pipe", "pipe"] });
  } catch (error) {
    const { stderr } = error as { readonly stderr?: string };
    throw new Error(`${program} ${args[0] ?? ""} failed: ${stderr?.trim() || String(error)}`, { cause: error });
  }
}
