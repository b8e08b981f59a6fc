import { setTimeout as sleep } from "node:timers/promises";

const POLL_MS = 150;

/** What is waited for, and how its absence is explained. */
export interface WaitOptions {
  /** Completes "... did not ... within N s". */
  readonly what: string;
  readonly timeoutMs: number;
  /** Text that is added to the failure, for instance the end of a log. */
  readonly explain?: () => Promise<string>;
}

/**
 * Asks until the answer is something.
 * @throws Error when the time is over; an error of the last question is its cause.
 */
export async function waitFor<T>(ask: () => Promise<T | undefined>, options: WaitOptions): Promise<T> {
  const end = Date.now() + options.timeoutMs;
  for (;;) {
    let cause: unknown;
    try {
      const answer = await ask();
      if (answer !== undefined) return answer;
    } catch (error) {
      cause = error;
    }
    if (Date.now() > end) {
      const more = options.explain ? `\n${await options.explain()}` : "";
      throw new Error(`${options.what} within ${options.timeoutMs / 1000} s${more}`, { cause });
    }
    await sleep(POLL_MS);
  }
}
