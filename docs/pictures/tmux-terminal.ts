import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** A real terminal, in a tmux of its own that nobody's configuration changes. */
export class TmuxTerminal {
  readonly #socket: string;

  private constructor(socket: string) {
    this.#socket = socket;
  }

  /**
   * @param socket name that no other tmux has.
   * @param command what runs in it.
   * @param env what the command gets beside the environment of this process.
   */
  static async open(
    socket: string,
    command: string,
    { env = {}, ...size }: TerminalSize & { readonly env?: Readonly<Record<string, string>> },
  ): Promise<TmuxTerminal> {
    const terminal = new TmuxTerminal(socket);
    const variables = Object.entries(env).flatMap(([name, value]) => ["-e", `${name}=${value}`]);
    const places = ["-s", "main", "-x", String(size.columns), "-y", String(size.rows)];
    await terminal.tmux("-f", "/dev/null", "new-session", "-d", ...places, ...variables, command);
    return terminal;
  }

  /** Types text and presses Enter. */
  async type(text: string): Promise<void> {
    await this.tmux("send-keys", "-t", "main", "-l", text);
    await this.tmux("send-keys", "-t", "main", "Enter");
  }

  /** The lines that are seen now, with their colours. */
  async screen(): Promise<readonly string[]> {
    return (await this.tmux("capture-pane", "-e", "-p", "-t", "main")).trimEnd().split("\n");
  }

  /** Waits until something in the terminal gives the signal: `tmux -L <socket> wait-for -S <name>`. */
  async signal(name: string): Promise<void> {
    await this.tmux("wait-for", name);
  }

  /** Runs a command of tmux to its end; its output. */
  async tmux(...args: readonly string[]): Promise<string> {
    return (await run("tmux", ["-L", this.#socket, ...args], { encoding: "utf8" })).stdout;
  }

  async close(): Promise<void> {
    await this.tmux("kill-server");
  }
}
