import type { OperationType } from "@protector/contract";
import type { Clock, HttpTransport, Random, TcpProbe, TlsOptions } from "@protector/ports";
import type { SiteIdentity } from "../../domain/site-identity.ts";
import type { SiteAccess } from "../world/site-access.ts";
import type { Ledger } from "./ledger.ts";
import type { Side } from "./plan.ts";

/** What a handler is given: its own input, the world, and the operation's memory. */
export interface StepContext {
  readonly operation: OperationFacts;
  readonly stepKey: string;
  readonly memberId: string | null;
  /** Which try this is, from 1. */
  readonly attempt: number;
  /**
   * How long ago, in ms, an earlier try began whose outcome nobody knows (its answer was lost, or its engine died);
   * undefined when there was none. "Not found" proves nothing before the service's own time limit has passed since.
   */
  readonly unknownForMs: number | undefined;
  readonly source: SiteAccess;
  readonly target: SiteAccess;
  /** The access of the side that the step acts on. */
  readonly here: SiteAccess;
  readonly ledger: Ledger;
  readonly outbound: Outbound;
  readonly clock: Clock;
  readonly random: Random;
  /** Aborts when the lease is lost or the operation stops: throw its reason. */
  readonly signal: AbortSignal;
  /** Output of a step that this one depends on. */
  output<T>(stepKey: string): T;
  /** Output of a step that may not have run. */
  outputIfAny<T>(stepKey: string): T | undefined;
  /** Tells people how far a long step is; 0 to 1. */
  report(progress: number | null, message: string): void;
  /**
   * Looks until `look` answers something: often at first, then every `longestPollMs` (default 2 s).
   * @throws StepTimeout after the step's time limit, naming what it waited for.
   */
  until<T>(waitingFor: string, look: () => Promise<T | undefined>, longestPollMs?: number): Promise<T>;
}

/** What an engine reaches beside clouds and arrays. */
export interface Outbound {
  readonly http: HttpTransport;
  readonly tcp: TcpProbe;
  readonly hooks: HookSettings;
  /** Signs in this site's name. */
  identity(): Promise<Pick<SiteIdentity, "siteId" | "signText">>;
}

/** Where hooks may be, and how their certificates are checked. */
export interface HookSettings {
  readonly networks: readonly string[];
  readonly tls: TlsOptions;
}

/** Facts of the running operation. */
export interface OperationFacts {
  readonly id: string;
  readonly groupId: string;
  readonly projectId: string;
  readonly userId: string;
  readonly type: OperationType;
  readonly leaseNumber: number;
  readonly requestId: string;
  /** Epoch that the operation holds or has raised. */
  readonly epoch: number | null;
}

/**
 * Carries out one kind of step. Handlers keep no state: what the next step needs is their output, and it must be the same
 * whether the step ran once or was repeated by another engine.
 */
export interface StepHandler<Input = never, Output = unknown> {
  run(context: StepContext, input: Input): Promise<Output>;
  /** Takes back what the step did or may have done; safe to repeat. `output` is undefined when nobody knows. */
  undo?(context: StepContext, input: Input, output: Output | undefined): Promise<void>;
}

/** Handlers by the action that a plan names. */
export type StepHandlers = Readonly<Record<string, StepHandler<never, unknown>>>;

/** A step asks that earlier ones run again: what they established no longer holds. */
export class RedoSteps extends Error {
  override readonly name = "RedoSteps";
  readonly keys: readonly string[];

  constructor(keys: readonly string[], reason: string) {
    super(reason);
    this.keys = keys;
  }
}

/** What a step waited for did not happen in its time. */
export class StepTimeout extends Error {
  override readonly name = "StepTimeout";
}

/** This engine no longer holds the operation: it must not act or write any more. */
export class LeaseLost extends Error {
  override readonly name = "LeaseLost";
}

/** The marker says that this operation's epoch is over. */
export class Superseded extends Error {
  override readonly name = "Superseded";
}

export type { Side };
