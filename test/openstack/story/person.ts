import type { CommandResult } from "../machines/command.ts";
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

/** Logins of one person: the clouds of clouds.yaml that a command is typed for. */
export interface Logins {
  readonly cloudsFile: string;
  readonly near: string;
  readonly far: string;
}

/** Nova's microversion that the `openstack` client asks for: tags, descriptions and host names are in it. */
const COMPUTE_VERSION = "2.90";

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

  /** `openstack …` at the near site, whatever it ends with. */
  tryOpenstack(...words: string[]): Promise<CommandResult> {
    return this.#shell.run(["openstack", ...words], this.#env());
  }

  /** `openstack …` at the near site. @throws CommandFailed */
  async openstack(...words: string[]): Promise<string> {
    const result = await this.tryOpenstack(...words);
    if (result.code !== 0) throw new CommandFailed(["openstack", ...words], result);
    return result.stdout;
  }

  /** `openstack … -f json`. @throws CommandFailed */
  async openstackJson<T>(...words: string[]): Promise<T> {
    return JSON.parse(await this.openstack(...words, "-f", "json")) as T;
  }

  /** `protector …` of both sites, whatever it ends with. */
  tryProtector(...words: string[]): Promise<CommandResult> {
    return this.#shell.run(["protector", ...words], this.#env());
  }

  /** `protector … --wait -f json`. @throws CommandFailed */
  async protector<T = unknown>(...words: string[]): Promise<T> {
    const all = [...words, "--wait", "-f", "json"];
    const result = await this.tryProtector(...all);
    if (result.code !== 0) throw new CommandFailed(["protector", ...all], result);
    return (result.stdout.trim() === "" ? undefined : JSON.parse(result.stdout)) as T;
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
