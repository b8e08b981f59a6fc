import type { CheckResult } from "@protector/contract";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { StorageBackend } from "../../../packages/server/src/engine/engine-ports.ts";
import type { CloudTarget, ManagePolicy } from "../recordings/cloud-target.ts";
import { listOf, PREFIX, passwordOf } from "../recordings/people.ts";
import { RecordingTransport } from "../recordings/recording-transport.ts";
import { Scene } from "../recordings/scene.ts";
import { awaitNoVolume, buildStage, clearStage, makeVolume, type Stage } from "../recordings/stage.ts";
import { openValidation, type ValidationScene } from "./validation-scene.ts";

/** A cloud whose sites are validated. */
export interface ValidatedCloud {
  readonly target: CloudTarget;
  readonly backend: StorageBackend;
  /** Lets time pass until it is done. */
  readonly run: <T>(work: Promise<T>) => Promise<T>;
}

const LIMIT_MS = 600_000;

/** What `site validate` says of a cloud from which one right after the other is taken. */
export function describeValidation({ target, backend, run }: ValidatedCloud): void {
  const recorder = new RecordingTransport(target.transport);
  const scene = new Scene({ ...target, transport: recorder.send }, recorder);
  const administrator = scene.actor("administrator", target.administrator);
  let stage: Stage;
  let site: ValidationScene;
  const policy = (wanted: ManagePolicy) => target.setManagePolicy?.(wanted) ?? Promise.resolve();
  const found = (checks: readonly CheckResult[], name: string) => {
    const check = checks.find((each) => each.check === name);
    return `${check?.result}: ${check?.reason} ${check?.remedy ?? ""}`.trim();
  };

  beforeAll(async () => {
    await run(policy("closed"));
    stage = await run(buildStage(scene));
    await run(makeVolume(scene, stage, PREFIX));
    site = await run(openValidation(target, stage, backend));
  }, LIMIT_MS);
  afterAll(() => run(clearStage(scene, administrator)), LIMIT_MS);

  it("names the policy or role that is missing to import volumes, and makes the group type", async () => {
    const checks = await run(site.validate());
    expect(found(checks, "login")).toMatch(/^ok: protector-recording-service logs in with the roles .*admin/);
    expect(found(checks, "nova.admin")).toBe("ok: Servers of all projects can be listed.");
    expect(found(checks, "cinder.admin")).toMatch(/^ok: Backends: \S+@\S+#\S+\.$/);
    expect(found(checks, "cinder.provider_id")).toBe("ok: Array names of volumes can be read.");
    expect(found(checks, "cinder.group_type")).toBe(
      `ok: Group type ${PREFIX}-consistent was missing and has been made.`,
    );
    expect(found(checks, "cinder.volume_types")).toMatch(/^ok: Replicated volume types: replicated\.$/);
    expect(found(checks, "catalog")).toMatch(/^warning: The catalog has no endpoint of protector .*service create/);
    expect(found(checks, "cinder.manage")).toMatch(
      /^error: Members may not manage volumes, and the service user has no role .*volume_manage.*openstack role add/,
    );
  });

  it("says that the closed way is in force once the service user has a role in the project", async () => {
    const { identity } = administrator.cloud;
    await run(identity.grantRole(stage.serviceId, stage.projectId, "admin"));
    expect(found(await run(site.validate()), "cinder.manage")).toMatch(/^ok: Only administrators .*closed way/);
    expect(found(await run(site.validate()), "cinder.group_type")).toBe(
      `ok: Group type ${PREFIX}-consistent is there.`,
    );
    await run(takeRole(scene, stage, { userId: stage.serviceId, projectId: stage.projectId }));
  });

  it("says that the open way is in force with the policy of the guide", async () => {
    await run(policy("open"));
    expect(found(await run(site.validate()), "cinder.manage")).toMatch(/^ok: Members may manage volumes \(open way\)/);
    await run(policy("closed"));
  });

  it("names the right that a service user without the role admin lacks", async () => {
    const checks = await run(site.validate(passwordOf("member", PREFIX)));
    expect(found(checks, "login")).toMatch(/^ok: protector-recording-member logs in with the roles .*member/);
    for (const [name, call] of [
      ["nova.admin", "nova GET /servers/detail: HTTP 403"],
      ["cinder.admin", "cinder GET /"],
      ["cinder.provider_id", ""],
    ] as const) {
      expect(found(checks, name)).toContain(call);
      expect(found(checks, name)).toMatch(/^(error|warning): /);
    }
    expect(found(checks, "cinder.group_type")).toMatch(/^error: Group type \S+ shows no .*administrators only/);
    expect(found(checks, "cinder.manage")).toMatch(/^warning: .*pools could not be listed.*cinder\.admin/);
    expect(found(checks, "nova.admin")).toContain("Give the user the administrator's role");
    expect(found(checks, "cinder.admin")).toContain("Give the user the administrator's role");
  });

  it("names the registered credential when the other site refuses it, and accepts the right one", async () => {
    expect(found(await run(site.validatePeer("wrong")), "login")).toMatch(
      /^error: .*HTTP 401.* Correct the credential: protector site update there --username/,
    );
    const { password } = passwordOf("peer", "");
    expect(found(await run(site.validatePeer(password)), "nova.admin")).toBe(
      "ok: Servers of all projects can be listed.",
    );
  });

  it("names the group type that lacks its specification", async () => {
    await run(removeGroupType(scene));
    const body = { group_type: { name: `${PREFIX}-consistent`, is_public: true } };
    await run(scene.raw(administrator, { service: "volume", method: "POST", path: "/group_types", body }));
    expect(found(await run(site.validate()), "cinder.group_type")).toMatch(
      /^error: Group type \S+ shows no consistent_group_snapshot_enabled="<is> True"\. Set it/,
    );
  });

  it("names the replicated volume type that is missing", async () => {
    const { volume } = administrator.cloud;
    for (const { id } of await run(volume.listVolumes({ projectId: stage.projectId }))) {
      await run(volume.deleteVolume(id));
      await run(awaitNoVolume(scene, stage, id));
    }
    const path = `/types/${stage.volumeTypeId}/extra_specs`;
    await run(scene.raw(administrator, { service: "volume", method: "DELETE", path: `${path}/replication_enabled` }));
    try {
      expect(found(await run(site.validate()), "cinder.volume_types")).toMatch(
        /^warning: No volume type has replication_enabled="<is> True".*Create a replicated volume type/,
      );
    } finally {
      const body = { extra_specs: { replication_enabled: "<is> True" } };
      await run(scene.raw(administrator, { service: "volume", method: "POST", path, body }));
    }
  });
}

async function takeRole(
  scene: Scene,
  { administrator }: Stage,
  from: { readonly userId: string; readonly projectId: string },
): Promise<void> {
  const grants = `/projects/${from.projectId}/users/${from.userId}/roles`;
  const held = await scene.raw(administrator, { service: "identity", method: "GET", path: grants });
  for (const { id } of listOf(held, "roles"))
    await scene.raw(administrator, { service: "identity", method: "DELETE", path: `${grants}/${id}` });
}

async function removeGroupType(scene: Scene): Promise<void> {
  const administrator = scene.actor("administrator", scene.target.administrator);
  const all = await scene.raw(administrator, { service: "volume", method: "GET", path: "/group_types?is_public=None" });
  for (const { id, name } of listOf(all, "group_types")) {
    if (name !== `${PREFIX}-consistent`) continue;
    await scene.raw(administrator, { service: "volume", method: "DELETE", path: `/group_types/${id}` });
  }
}
