import { beforeEach } from "vitest";

/** For suites whose tests go on where the one before ended: skips those after one that failed. */
export function stopAtFirstFailure(): void {
  let failed: string | undefined;
  beforeEach((context) => {
    if (failed !== undefined) context.skip(`"${failed}" failed`);
    context.onTestFailed(() => {
      failed = context.task.name;
    });
  });
}
