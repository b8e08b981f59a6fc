/** Parts of the array's answers that the driver reads. Times are ms since the UNIX epoch, the array's clock. */

export interface VolumeRow {
  readonly id: string;
  readonly name: string;
  readonly serial: string;
  readonly provisioned: number;
  readonly created: number;
  readonly destroyed: boolean;
  readonly connection_count: number;
}

export interface GroupRow {
  readonly name: string;
  readonly destroyed: boolean;
  readonly replication_schedule?: ScheduleRow;
  readonly snapshot_schedule?: ScheduleRow;
}

/** `frequency` is in ms. */
export interface ScheduleRow {
  readonly enabled?: boolean;
  readonly frequency?: number;
}

export interface PodRow {
  readonly name: string;
  readonly arrays: readonly PodArrayRow[];
}

export interface PodArrayRow {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly mediator_status: string;
  readonly pre_elected: boolean;
  readonly frozen_at: number | null;
  readonly progress: number | null;
}

export interface MemberRow {
  readonly member: { readonly name: string; readonly destroyed?: boolean };
}

export interface TargetRow {
  readonly member: { readonly name: string };
  readonly allowed: boolean;
}

export interface PointRow {
  readonly name: string;
  readonly suffix: string;
  readonly created: number;
  readonly destroyed: boolean;
}

export interface TransferRow {
  readonly name: string;
  /** Null while it runs. */
  readonly completed: number | null;
  readonly progress: number | null;
  readonly data_transferred: number | null;
  readonly destroyed: boolean;
}

export interface SnapshotRow {
  readonly name: string;
  readonly provisioned: number;
  readonly destroyed: boolean;
}

export interface ConnectionRow {
  readonly host: { readonly name: string | null };
  readonly volume: { readonly name: string };
}
