import { ProtectorError } from "@protector/contract";
import { Cron } from "croner";

/** When drills are due. */
export interface DrillTimes {
  /** Five fields: minute, hour, day of month, month, day of week. */
  readonly cron: string;
  /** IANA name. */
  readonly time_zone: string;
}

/**
 * The next times after a moment, in ms since the UNIX epoch. A time that a clock change leaves out comes right after
 * it; one that it gives twice comes once.
 * @throws ProtectorError `drill_schedule.invalid`.
 */
export function nextDrills({ cron, time_zone }: DrillTimes, after: number, count = 1): readonly number[] {
  try {
    const job = new Cron(cron, { timezone: time_zone, mode: "5-part", paused: true });
    return job.nextRuns(count, new Date(after)).map((time) => time.getTime());
  } catch (error) {
    const said = error instanceof Error ? error.message.replace(/^CronPattern: /, "") : String(error);
    const detail = `The schedule "${cron}" in time zone "${time_zone}" cannot be read: ${said}.`;
    throw new ProtectorError("drill_schedule.invalid", detail, { cause: error });
  }
}

/**
 * The next time, where there must be one.
 * @throws ProtectorError `drill_schedule.invalid` when it never comes.
 */
export function nextDrill(times: DrillTimes, after: number): number {
  const [next] = nextDrills(times, after);
  if (next !== undefined) return next;
  throw new ProtectorError("drill_schedule.invalid", `The schedule "${times.cron}" never comes: no such day exists.`);
}
