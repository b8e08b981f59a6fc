import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { BASE_FOLDER } from "./clouds/paths.ts";
import { whyNoMachines } from "./machines/host.ts";

/** What clouds are made from, on its way while other things run. */
export interface Preparation {
  /** Resolves when nothing more is installed on this host: two installations at once do not go. */
  readonly installed: Promise<void>;
  /** A sentence that says why there will be no clouds; undefined when everything is there. */
  readonly failure: Promise<string | undefined>;
}

const PROGRAM = fileURLToPath(new URL("prepare.ts", import.meta.url));
/** With the lowest, it would hardly begin as long as both processors are busy. */
const LOWER_PRIORITY = "5";

/** Begins it with a lower priority than what runs beside it. */
export function beginPreparation(): Preparation {
  const reason = whyNoMachines(BASE_FOLDER);
  if (reason !== undefined) return { installed: Promise.resolve(), failure: Promise.resolve(reason) };
  const words = ["-n", LOWER_PRIORITY, process.execPath, PROGRAM];
  const child = spawn("nice", words, { stdio: ["ignore", "pipe", "pipe"] });
  const said: string[] = [];
  const { promise: installed, resolve: noteInstalled } = Promise.withResolvers<void>();
  child.stdout.setEncoding("utf8").on("data", noteInstalled);
  child.stderr.setEncoding("utf8").on("data", (text: string) => said.push(text));
  const failure = new Promise<string | undefined>((resolve) => {
    const end = (code: number | null) => {
      noteInstalled();
      if (code !== 0) process.stdout.write(`\n== openstack: preparation\n${said.join("")}\n`);
      resolve(code === 0 ? undefined : "what the machines are made from could not be had, see above");
    };
    child.once("error", (error) => {
      said.push(error.message);
      end(-1);
    });
    child.once("close", end);
  });
  return { installed, failure };
}
