import type { HttpTransport } from "@protector/ports";

/** Path of each call, the id of what is told, and of an undone call what it undoes. */
interface Told {
  readonly path: string;
  readonly id: string;
  readonly isTaken: boolean;
  readonly undoes: { readonly id: string; readonly is_delivered: boolean | null } | undefined;
}

/** The tenant's web service that hooks call: `/refuse` takes nothing, `/flaky…` every other call. */
export class HookReceiver {
  static readonly host = "hooks.example.com";
  readonly #told: Told[] = [];
  #flaky = 0;

  readonly transport: HttpTransport = async ({ url, body }) => {
    const path = new URL(url).pathname;
    const { id, undoes } = JSON.parse(body ?? "{}");
    const isTaken = this.#takes(path);
    this.#told.push({ path, id, isTaken, undoes });
    return { status: isTaken ? 204 : 500, headers: {}, body: "" };
  };

  /** Calls that were taken back without having been made, or as delivered though nothing had taken them. */
  strangelyUndone(): readonly string[] {
    return this.#told.flatMap(({ path, undoes }, index) => {
      if (!undoes) return [];
      const calls = this.#told.slice(0, index).filter(({ id }) => id === undoes.id);
      const isRight = undoes.is_delivered === true ? calls.some(({ isTaken }) => isTaken) : true;
      return isRight ? [] : [`${path} is told that ${undoes.id} was delivered, which it was not`];
    });
  }

  #takes(path: string): boolean {
    if (path === "/refuse") return false;
    if (!path.startsWith("/flaky")) return true;
    this.#flaky += 1;
    return this.#flaky % 2 === 0;
  }
}
