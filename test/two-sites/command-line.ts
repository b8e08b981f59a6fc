import { type CliHost, runCli } from "../../packages/cli/src/index.ts";

/** How a command line ended. */
export interface CliRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where a command line is typed. */
export interface Surroundings extends Pick<CliHost, "transport" | "clock" | "random"> {
  /** Text of `clouds.yaml`. */
  readonly clouds: string;
  /** Other files, by path. */
  readonly files: Map<string, string>;
}

/** Runs a command line to its end, for site A with site B as the other one. @param host what differs from that. */
export async function runLine(
  line: string,
  { clouds, files, ...ports }: Surroundings,
  host: Partial<CliHost> = {},
): Promise<CliRun> {
  const out = { stdout: "", stderr: "" };
  const into = (name: "stdout" | "stderr") => ({
    write: (text: string) => {
      out[name] += text;
    },
  });
  const code = await runCli({
    argv: (line.match(/"[^"]*"|\S+/g) ?? []).map((word) => word.replaceAll('"', "")),
    env: { OS_CLOUD: "site-a", OS_SECONDARY_CLOUD: "site-b" },
    stdout: into("stdout"),
    stderr: into("stderr"),
    readFile: (path) => (path === "./clouds.yaml" ? clouds : files.get(path)),
    writeFile: (path, text) => void files.set(path, text),
    ...ports,
    ...host,
  });
  return { code, ...out };
}
