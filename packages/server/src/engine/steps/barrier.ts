import type { StepHandler } from "../runner/step-handler.ts";

/** Waits for many steps in one place; there is nothing to do once they have ended. */
export const barrier: StepHandler<Record<string, never>> = { run: async () => ({}) };
