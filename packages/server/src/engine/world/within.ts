import { type Clock, OutsideError } from "@protector/ports";

/** Somebody outside did not answer in the time that was given. */
export class Silence extends Error {
  override readonly name = "Silence";
}

/** How long somebody is waited for. */
export interface Patience {
  /** ms */
  readonly ms: number;
  /** Who is waited for, in words. */
  readonly who: string;
}

/**
 * Waits for somebody who may never answer, for so long and no longer. `work` is told by its signal to begin nothing more;
 * a call that is under way is left alone, and may still have its effect.
 * @throws Silence when the time is over; the reason of `signal` when that aborts; what `work` throws.
 */
export async function within<T>(
  { clock, signal }: { readonly clock: Clock; readonly signal?: AbortSignal },
  { ms, who }: Patience,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const over = new AbortController();
  const either = signal ? AbortSignal.any([signal, over.signal]) : over.signal;
  const limit = clock.sleep(ms, either).then((): never => {
    throw new Silence(`${who} did not answer within ${Math.round(ms / 1000)} s`);
  });
  try {
    return await Promise.race([work(either), limit]);
  } finally {
    over.abort(new Silence(`${who} is no longer waited for`));
  }
}

/** What somebody outside answers; undefined when he refuses, or does not answer. */
export async function unlessSilent<T>(question: Promise<T>): Promise<T | undefined> {
  try {
    return await question;
  } catch (error) {
    if (error instanceof OutsideError || error instanceof Silence) return undefined;
    throw error;
  }
}
