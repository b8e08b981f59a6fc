import type { Clock } from "@protector/ports";
import { atPlace, FIRST_PLACE } from "./call-order.ts";

/** ms in which callers gather for one call. */
const GATHER_MS = 20;
/** ms after which an answer that does not come holds nobody up: a call that was swallowed must not cost all its time limit. */
const PATIENCE_MS = 15_000;

/** What is asked for many, and how dear an answer is. */
export interface SharedQuestion<T> {
  ask(): Promise<T>;
  /** ms from an answer to the next call, at least: reading a long list costs the asked service and the engine time. */
  restMs?(answer: T): number;
}

/**
 * One call for everyone who waits for the same answer. Callers that come while an answer is under way share the next call,
 * made when that answer has come or takes too long: nobody is given what was asked for before he began to look, so a read
 * after an effect shows it. An answer is not kept: it belongs to those who waited for it.
 */
export class SharedRead<T> {
  readonly #clock: Clock;
  readonly #question: SharedQuestion<T>;
  #next: Promise<T> | undefined;
  #underWay: Promise<void> | undefined;
  /** ms since the UNIX epoch before which nothing is asked. */
  #restsUntil = 0;

  constructor(clock: Clock, question: SharedQuestion<T>) {
    this.#clock = clock;
    this.#question = question;
  }

  read(): Promise<T> {
    this.#next ??= this.#gather();
    return this.#next;
  }

  async #gather(): Promise<T> {
    await Promise.all([this.#clock.sleep(GATHER_MS), this.#patiently(this.#underWay)]);
    const restMs = this.#restsUntil - this.#clock.now();
    if (restMs > 0) await this.#clock.sleep(restMs);
    this.#next = undefined;
    const answer = atPlace(FIRST_PLACE, () => this.#question.ask());
    const underWay = answer
      .then(
        (found) => {
          this.#restsUntil = this.#clock.now() + (this.#question.restMs?.(found) ?? 0);
        },
        () => {},
      )
      .finally(() => {
        if (this.#underWay === underWay) this.#underWay = undefined;
      });
    this.#underWay = underWay;
    return answer;
  }

  async #patiently(underWay: Promise<void> | undefined): Promise<void> {
    if (!underWay) return;
    const over = new AbortController();
    await Promise.race([underWay, this.#clock.sleep(PATIENCE_MS, over.signal).catch(() => {})]);
    over.abort();
  }
}
