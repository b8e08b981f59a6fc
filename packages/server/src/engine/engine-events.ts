/** Which step of which operation. */
export interface StepFacts {
  readonly operationId: string;
  readonly requestId: string;
  readonly projectId: string;
  readonly step: string;
  readonly title: string;
  /** Site that the step acts on. */
  readonly site: string;
}

/** What an engine tells the world: log lines and metrics are made from it. Nothing secret is in it. */
export type EngineEvent =
  | {
      readonly kind: "operation_taken";
      readonly operationId: string;
      readonly leaseNumber: number;
      readonly isTakeover: boolean;
    }
  | {
      readonly kind: "operation_ended";
      readonly operationId: string;
      readonly status: string;
      readonly reason: string | null;
    }
  | ({ readonly kind: "step_began"; readonly attempt: number } & StepFacts)
  | ({
      readonly kind: "step_ended";
      readonly status: string;
      readonly durationMs: number;
      readonly error: string | null;
    } & StepFacts)
  | { readonly kind: "lease_lost"; readonly operationId: string; readonly reason: string }
  | { readonly kind: "operation_broken"; readonly operationId: string; readonly error: unknown }
  | { readonly kind: "sweep_failed"; readonly error: unknown }
  | { readonly kind: "watch_failed"; readonly watch: string; readonly subject: string; readonly error: unknown }
  | { readonly kind: "duty_done"; readonly dutyId: string; readonly subject: string }
  | { readonly kind: "primary_changed"; readonly groupId: string; readonly epoch: number }
  | { readonly kind: "marker_freed"; readonly groupId: string; readonly operationId: string; readonly siteId: string };

export type EngineEvents = (event: EngineEvent) => void;
