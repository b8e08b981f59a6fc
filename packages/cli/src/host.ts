import type { Clock, HttpTransport, Random } from "@protector/ports";
import type { PrivateFiles } from "./cloud/token-cache.ts";

/** Where text goes. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  /** Width of the terminal in cells. */
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
}

/** Cells of a line on a terminal; undefined: it is none, or does not say. */
export function terminalWidth({ isTTY, columns }: Output): number | undefined {
  return isTTY ? columns : undefined;
}

/** Everything outside that the command touches. */
export interface CliHost {
  /** Arguments after the program's name. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly transport: HttpTransport;
  readonly clock: Clock;
  readonly random: Random;
  /** Text of a file; undefined when there is none. */
  readonly readFile: (path: string) => string | undefined;
  /** Writes a file of the caller's, in place of what was there. @throws Error that says why it cannot. */
  readonly writeFile: (path: string, text: string) => void;
  /** Prints a page to a PDF; undefined = there is no browser on this machine. @throws Error that says why it cannot. */
  readonly printPage?: ((page: string, pdfPath: string) => Promise<void>) | undefined;
  /** Asks the person at the terminal; undefined = nobody is there. */
  readonly ask?: ((question: string) => Promise<string>) | undefined;
  /** Where tokens outlive the command; undefined = every command logs in. */
  readonly tokens?: { readonly files: PrivateFiles; readonly digest: (text: string) => string } | undefined;
  /** Aborts with Ctrl-C: a watch is left, the operation goes on. */
  readonly interrupt?: AbortSignal | undefined;
}
