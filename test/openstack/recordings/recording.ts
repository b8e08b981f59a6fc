/** JSON of any form. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** One call and its answer, with everything taken out that differs from run to run. */
export interface RecordedCall {
  /** What was tried, in the words of the scenario. */
  readonly step: string;
  /** Whose token the call carried. */
  readonly caller: string;
  /** Method of the client that made it, for instance `volume.manageVolume`; `login`; or `raw` for a call made by hand. */
  readonly client: string;
  readonly method: string;
  /** Path without host and version prefix; identifiers and names as placeholders. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** `OpenStack-API-Version` that was asked for. */
  readonly microversion: string | null;
  readonly request: Json;
  readonly status: number;
  /** Headers that a client could read something from. */
  readonly headers: Readonly<Record<string, string>>;
  /** Null when there was none; a text when it was not JSON. */
  readonly body: Json;
}

/** The calls to one service, in the order in which they were made. */
export interface ServiceRecording {
  readonly service: string;
  readonly calls: readonly RecordedCall[];
}
