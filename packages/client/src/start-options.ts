/** What everything that starts an operation can be given. */
export interface StartOptions {
  /** Same key = the same request, not done twice within 24 hours. */
  readonly idempotencyKey?: string | undefined;
}

/** How a recovery is asked for, beside what is wanted of it. */
export interface RecoveryOptions extends StartOptions {
  /** Only the plan is made. */
  readonly dryRun?: boolean;
  /** Start only if this is still the plan. */
  readonly planDigest?: string;
}

/** Call options of a key. */
export function keyed({ idempotencyKey }: StartOptions): { readonly idempotencyKey?: string } {
  return idempotencyKey === undefined ? {} : { idempotencyKey };
}

/** Body fields that every recovery has. */
export function askedHow({ dryRun, planDigest }: RecoveryOptions): {
  readonly dry_run?: boolean;
  readonly plan_digest?: string;
} {
  return {
    ...(dryRun === undefined ? {} : { dry_run: dryRun }),
    ...(planDigest === undefined ? {} : { plan_digest: planDigest }),
  };
}
