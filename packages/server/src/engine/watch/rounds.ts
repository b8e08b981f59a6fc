import type { EnginePorts } from "../engine-ports.ts";

/** What one round of a watch looks at, one by one. */
export interface Subjects<T> {
  /** The watch, for events. */
  readonly watch: string;
  readonly subjects: readonly T[];
  /** Names a subject in events. */
  nameOf(subject: T): string;
  /** Subjects that are looked at at once; default 8. */
  readonly atOnce?: number;
}

/** Looks at every subject; one that fails is told as `watch_failed` and stops no other. */
export async function forEachSubject<T>(
  ports: Pick<EnginePorts, "events">,
  { watch, subjects, nameOf, atOnce = 8 }: Subjects<T>,
  look: (subject: T) => Promise<void>,
): Promise<void> {
  const waiting = [...subjects].values();
  const work = async () => {
    for (const subject of waiting) {
      await look(subject).catch((error: unknown) =>
        ports.events({ kind: "watch_failed", watch, subject: nameOf(subject), error }),
      );
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, subjects.length) }, work));
}
