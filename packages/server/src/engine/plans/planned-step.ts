import { type PlannedStep, type StepSettings, stepSettings } from "../runner/plan.ts";

interface StepOptions {
  readonly memberId?: string;
  readonly input?: unknown;
  readonly dependsOn?: readonly string[];
  readonly after?: readonly string[];
  readonly settings?: Partial<StepSettings>;
}

/** One planned step; what is left out has its usual value. */
export function step(
  key: string,
  kind: PlannedStep["kind"],
  action: string,
  title: string,
  phase: string,
  site: PlannedStep["site"],
  options: StepOptions = {},
): PlannedStep {
  return {
    key,
    kind,
    action,
    title,
    phase,
    site,
    memberId: options.memberId ?? null,
    input: options.input ?? {},
    dependsOn: options.dependsOn ?? [],
    after: options.after ?? [],
    settings: stepSettings(options.settings),
  };
}

/** A step that only waits for many others: keeps the graph's arrows few. */
export function barrier(
  key: string,
  title: string,
  phase: string,
  site: PlannedStep["site"],
  options: StepOptions,
): PlannedStep {
  return step(key, "observe", "barrier", title, phase, site, {
    ...options,
    settings: { ...options.settings, weight: 0 },
  });
}
