import { styleText } from "node:util";
import type { Output } from "@protector/cli";
import type { Clock } from "@protector/ports";

/** What the sandbox tells people: titles, steps with their time, commands. Colours only on a terminal. */
export class Telling {
  readonly output: Output;
  readonly #clock: Clock;
  readonly #isPlain: boolean;

  constructor(output: Output, clock: Clock, env: Readonly<Record<string, string | undefined>>) {
    this.output = output;
    this.#clock = clock;
    this.#isPlain = !output.isTTY || Boolean(env.NO_COLOR);
  }

  line(text = ""): void {
    this.output.write(`${text}\n`);
  }

  title(text: string): void {
    this.line(`\n${this.paint("bold", text)}`);
  }

  command(words: readonly string[]): void {
    this.line(`  ${this.paint("dim", `$ protector ${words.map(quoted).join(" ")}`)}`);
  }

  /** Does something and tells what it was and how long it took. */
  async step<T>(text: string, work: () => Promise<T>): Promise<T> {
    const from = this.#clock.now();
    try {
      const result = await work();
      const seconds = ((this.#clock.now() - from) / 1000).toFixed(1);
      this.line(`  ${this.paint("green", "✓")} ${text} ${this.paint("dim", `(${seconds} s)`)}`);
      return result;
    } catch (error) {
      this.line(`  ${this.paint("red", "✗")} ${text}`);
      throw error;
    }
  }

  paint(style: "bold" | "dim" | "green" | "red" | "cyan", text: string): string {
    return this.#isPlain ? text : styleText(style, text, { validateStream: false });
  }
}

function quoted(word: string): string {
  return /[\s"]/.test(word) ? JSON.stringify(word) : word;
}
