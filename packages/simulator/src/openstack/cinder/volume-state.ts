import { ApiError, badRequest, notFound } from "../core/api-error.ts";
import type { Caller } from "../core/call.ts";
import type { Environment } from "../core/environment.ts";
import type {
  Backend,
  BackupRecord,
  GroupRecord,
  GroupTypeRecord,
  SnapshotRecord,
  VolumeDurations,
  VolumeLimits,
  VolumeRecord,
  VolumeTypeRecord,
} from "./records.ts";

export interface VolumeStateOptions {
  readonly environment: Environment;
  readonly backends: readonly [Backend, ...Backend[]];
  readonly durations: VolumeDurations;
  /** The `volume_manage` and `volume_unmanage` rules are `rule:admin_or_owner`, else administrators only. */
  readonly memberMayManage: boolean;
}

/** Group on every backend's array that holds the volumes of replicated types (`pure_replication_pg_name`). */
export const REPLICATION_GROUP = "cinder-group";

/** Pod of a backend that replicates synchronously (`pure_replication_pod_name`); it holds the volumes of sync types. */
export const REPLICATION_POD = "cinder-pod";

/** How the driver replicates volumes of a type. */
export type ReplicationKind = "none" | "async" | "sync";

/** Everything one Cinder knows. */
export class VolumeState {
  readonly environment: Environment;
  readonly backends: readonly [Backend, ...Backend[]];
  readonly snapshots = new Map<string, SnapshotRecord>();
  readonly backups = new Map<string, BackupRecord>();
  readonly volumes = new Map<string, VolumeRecord>();
  readonly types = new Map<string, VolumeTypeRecord>();
  readonly groupTypes = new Map<string, GroupTypeRecord>();
  readonly groups = new Map<string, GroupRecord>();
  readonly limits = new Map<string, VolumeLimits>();
  durations: VolumeDurations;
  memberMayManage: boolean;
  /** Every update of a generic group fails in the driver. */
  failGroupUpdates = false;

  constructor(options: VolumeStateOptions) {
    this.environment = options.environment;
    this.backends = options.backends;
    this.durations = options.durations;
    this.memberMayManage = options.memberMayManage;
  }

  /** @throws ApiError 404 when there is none that the caller may see. */
  requireVolume(id: string, caller: Caller): VolumeRecord {
    const volume = this.volumes.get(id);
    if (!volume || !(caller.isAdmin || caller.projectId === volume.projectId)) {
      throw notFound(`Volume ${id} could not be found.`);
    }
    return volume;
  }

  /** By id or name. @throws ApiError 404. */
  requireType(idOrName: string): VolumeTypeRecord {
    const type = this.types.get(idOrName) ?? this.types.values().find(({ name }) => name === idOrName);
    if (!type) throw notFound(`Volume type with name ${idOrName} could not be found.`);
    return type;
  }

  createType(name: string, extraSpecs: Readonly<Record<string, string>>): VolumeTypeRecord {
    const id = this.environment.uuid();
    const type = { id, name, description: null, isPublic: true, extraSpecs: { ...extraSpecs } };
    this.types.set(type.id, type);
    return type;
  }

  createGroupType(name: string, specs: Readonly<Record<string, string>>): GroupTypeRecord {
    const type = { id: this.environment.uuid(), name, description: null, specs: { ...specs } };
    this.groupTypes.set(type.id, type);
    return type;
  }

  /** Where the scheduler puts a volume of this type. @throws ApiError 400 when no backend matches. */
  backendFor(type: VolumeTypeRecord): Backend {
    const wanted = type.extraSpecs.volume_backend_name;
    const isSync = this.replicationOf(type.id) === "sync";
    const backend = this.backends.find(
      ({ name, sync }) => (wanted === undefined || name === wanted) && (!isSync || (sync && !sync.isLeftOut)),
    );
    if (!backend) throw badRequest("No valid backend was found. No weighed backends available");
    return backend;
  }

  /** A type that says no way replicates asynchronously; one that says another does not. */
  replicationOf(typeId: string): ReplicationKind {
    const specs = this.types.get(typeId)?.extraSpecs ?? {};
    if (!/^<is> true$/i.test(specs.replication_enabled ?? "")) return "none";
    if (specs.replication_type === undefined || specs.replication_type === "<in> async") return "async";
    return specs.replication_type === "<in> sync" ? "sync" : "none";
  }

  limitsOf(projectId: string): VolumeLimits {
    let limits = this.limits.get(projectId);
    if (!limits) {
      limits = { volumes: 10_000, gigabytes: 1_000_000, snapshots: 10_000, groups: 1_000, byType: {} };
      this.limits.set(projectId, limits);
    }
    return limits;
  }

  /** Use of one project, in the keys of quota sets. */
  useOf(projectId: string): Readonly<Record<string, number>> {
    const use: Record<string, number> = { volumes: 0, gigabytes: 0, snapshots: 0, groups: 0 };
    const count = (key: string, amount: number) => {
      use[key] = (use[key] ?? 0) + amount;
    };
    for (const volume of this.volumes.values()) {
      if (volume.projectId !== projectId || volume.status === "error_managing") continue;
      const type = this.types.get(volume.typeId)?.name;
      for (const suffix of ["", `_${type}`]) {
        count(`volumes${suffix}`, 1);
        count(`gigabytes${suffix}`, volume.sizeGiB);
      }
    }
    for (const group of this.groups.values()) if (group.projectId === projectId) count("groups", 1);
    return use;
  }

  /** @throws ApiError 413 when `volumes` more volumes of `gigabytes` GiB in all exceed a limit. */
  requireQuota(
    projectId: string,
    more: { readonly volumes: number; readonly gigabytes: number; readonly type: string },
  ): void {
    const limits = this.limitsOf(projectId);
    const use = this.useOf(projectId);
    const checks: readonly (readonly [string, number, number])[] = [
      ["gigabytes", limits.gigabytes, more.gigabytes],
      [`gigabytes_${more.type}`, limits.byType[`gigabytes_${more.type}`] ?? -1, more.gigabytes],
      ["volumes", limits.volumes, more.volumes],
      [`volumes_${more.type}`, limits.byType[`volumes_${more.type}`] ?? -1, more.volumes],
    ];
    for (const [key, limit, wanted] of checks) {
      const used = use[key] ?? 0;
      if (wanted === 0 || limit < 0 || used + wanted <= limit) continue;
      throw new ApiError(
        413,
        key.startsWith("gigabytes")
          ? `VolumeSizeExceedsAvailableQuota: Requested volume or snapshot exceeds allowed ${key} quota. Requested ${wanted}G, quota is ${limit}G and ${used}G has been consumed.`
          : `VolumeLimitExceeded: Maximum number of volumes allowed (${limit}) exceeded for quota '${key}'.`,
      );
    }
  }
}
