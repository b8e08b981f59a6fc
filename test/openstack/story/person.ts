import type { CommandResult } from "../machines/command.ts";
import { transcribe } from "./figures.ts";
import type { Shell } from "./shell.ts";

/** A command that did not end as it was expected to. */
export class CommandFailed extends Error {
  override readonly name = "CommandFailed";
  readonly result: CommandResult;

  constructor(words: readonly string[], result: CommandResult) {
    const output = `${result.stdout}\n${result.stderr}`.trim().split("\n").slice(-40).join("\n");
    super(`${words.join(" ")}: exit status ${result.code}\n${output}`);
    this.result = result;
  }
}

/** How the client's prompt says that a command did not succeed. */
const COMPLAINT = /^(Error while executing|.*is not an openstack command|openstack .*: error: |usage: )/m;

/** Logins of one person: the clouds of clouds.yaml that a command is typed for. */
export interface Logins {
  readonly cloudsFile: string;
  readonly near: string;
  readonly far: string;
}

/** Nova's microversion that the `openstack` client asks for: tags, descriptions and host names are in it. */
const COMPUTE_VERSION = "2.90";

/** The prompt cuts words at spaces, quoted or not: a command that has such words is typed on its own. */
function batches(commands: readonly (readonly string[])[]): readonly (readonly (readonly string[])[])[] {
  const made: (readonly string[])[][] = [];
  let isOpen = false;
  for (const words of commands) {
    const isPlain = words.every((word) => !/\s/.test(word));
    if (isPlain && isOpen) made.at(-1)?.push(words);
    else made.push([words]);
    isOpen = isPlain;
  }
  return made;
}

/** Somebody who types commands, with a login at each site. */
export class Person {
  readonly #shell: Shell;
  readonly #logins: Logins;

  constructor(shell: Shell, logins: Logins) {
    this.#shell = shell;
    this.#logins = logins;
  }

  /** The same person, for whom the other site is the near one. */
  get atTheOtherSite(): Person {
    const { near, far } = this.#logins;
    return new Person(this.#shell, { ...this.#logins, near: far, far: near });
  }

  /**
   * Commands of `openstack` at the near site, typed one after the other at its own prompt: its start takes longer than
   * most commands.
   * @returns what it says, and on standard error why which ones failed: its exit status tells nothing.
   */
  async tryOpenstack(...commands: readonly (readonly string[])[]): Promise<CommandResult> {
    const results: CommandResult[] = [];
    for (const batch of batches(commands)) results.push(await this.#runBatch(batch));
    const text = (name: "stdout" | "stderr") => results.map((result) => result[name]).join("");
    const code = results.find((result) => result.code !== 0)?.code ?? 0;
    return { code, stdout: text("stdout"), stderr: text("stderr") };
  }

  /** The same, all of which have to succeed. @throws CommandFailed */
  async openstack(...commands: readonly (readonly string[])[]): Promise<string> {
    const result = await this.tryOpenstack(...commands);
    if (result.code !== 0 || COMPLAINT.test(`${result.stdout}\n${result.stderr}`)) {
      throw new CommandFailed(["openstack:", ...commands.flatMap((words) => [...words, ";"])], result);
    }
    return result.stdout;
  }

  /** The same, each of which answers. @throws CommandFailed */
  async openstackJson<T>(...commands: readonly (readonly string[])[]): Promise<readonly T[]> {
    const text = await this.openstack(...commands.map((words) => [...words, "-f", "json", "--noindent"]));
    const answers = text.split("\n").filter((line) => line.startsWith("{") || line.startsWith("["));
    if (answers.length !== commands.length)
      throw new Error(`${answers.length} of ${commands.length} answered:\n${text}`);
    return answers.map((line) => JSON.parse(line) as T);
  }

  /** `protector …` of both sites, whatever it ends with. */
  tryProtector(...words: string[]): Promise<CommandResult> {
    return this.#run(["protector", ...words]);
  }

  /** `protector … --wait -f json`. @throws CommandFailed */
  async protector<T = unknown>(...words: string[]): Promise<T> {
    const all = [...words, "--wait", "-f", "json"];
    const result = await this.tryProtector(...all);
    if (result.code !== 0) throw new CommandFailed(["protector", ...all], result);
    return (result.stdout.trim() === "" ? undefined : JSON.parse(result.stdout)) as T;
  }

  #runBatch(commands: readonly (readonly string[])[]): Promise<CommandResult> {
    const [only, ...others] = commands;
    if (only && others.length === 0) return this.#run(["openstack", ...only]);
    return this.#run(["openstack"], commands.map((words) => `${words.join(" ")}\n`).join(""));
  }

  async #run(words: readonly string[], input?: string): Promise<CommandResult> {
    const beganAt = Date.now();
    const env = this.#env();
    const result = await this.#shell.run(words, input === undefined ? { env } : { env, input });
    transcribe([...words, ...(input?.trim().split("\n") ?? [])], result.code, beganAt);
    return result;
  }

  #env(): Readonly<Record<string, string>> {
    const { cloudsFile, near, far } = this.#logins;
    return {
      OS_CLIENT_CONFIG_FILE: cloudsFile,
      OS_CLOUD: near,
      OS_SECONDARY_CLOUD: far,
      OS_COMPUTE_API_VERSION: COMPUTE_VERSION,
    };
  }
}
