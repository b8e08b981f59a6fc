import { expect, test } from "vitest";
import { play } from "./testing/simulated-scene.ts";

test("volumes: reads, changes and groups", () =>
  play(async ({ service, member, tenant, workload, until }) => {
    const [root, data] = workload.app.volumes;
    const id = data?.id ?? "";
    expect(await member.volume.findVolume(id)).toMatchObject({
      name: "app-01-data",
      sizeGiB: 10,
      status: "in-use",
      providerId: undefined,
    });
    expect(await service.volume.findVolume(id)).toMatchObject({
      host: "site-a@pure#pure",
      projectId: tenant.project.id,
    });
    expect((await service.volume.findVolume(id))?.providerId).toMatch(/volume-/);
    expect((await member.volume.findVolume(root?.id ?? ""))?.isBootable).toBe(true);
    expect(await member.volume.findVolume("missing")).toBeUndefined();
    expect(await member.volume.listVolumes({})).toHaveLength(5);
    expect(await member.volume.listVolumes({ name: "app-01-data" })).toHaveLength(1);
    expect(await service.volume.listVolumes({ projectId: tenant.project.id })).toHaveLength(5);
    await member.volume.updateVolume(id, { name: "renamed", description: "d" });
    await member.volume.replaceMetadata(id, { a: "b" });
    await member.volume.setImageMetadata(id, { hw_disk_bus: "scsi" });
    await member.volume.setBootable(id, true);
    expect(await member.volume.findVolume(id)).toMatchObject({
      name: "renamed",
      description: "d",
      metadata: { a: "b" },
      imageMetadata: { hw_disk_bus: "scsi" },
      isBootable: true,
    });
    const types = await member.volume.listTypes();
    const groupType = await service.volume.createGroupType("own", { consistent_group_snapshot_enabled: "<is> True" });
    expect((await service.volume.listGroupTypes()).find((type) => type.id === groupType.id)).toEqual(groupType);
    const group = await member.volume.createGroup({
      name: "pg",
      description: "d",
      groupTypeId: groupType.id,
      volumeTypeIds: types.map((type) => type.id),
    });
    const isAvailable = (found: { readonly status: string } | undefined) => found?.status === "available";
    await until(() => member.volume.findGroup(group.id), isAvailable);
    await member.volume.updateGroup(group.id, { addVolumes: [id], removeVolumes: [] });
    const filled = await until(
      () => member.volume.findGroup(group.id),
      (found) => found?.volumeIds.length === 1 && isAvailable(found),
    );
    expect(await member.volume.listGroups({ name: "pg" })).toEqual([filled]);
    await member.volume.updateGroup(group.id, { addVolumes: [], removeVolumes: [id] });
    await until(
      () => member.volume.findGroup(group.id),
      (found) => found?.volumeIds.length === 0 && isAvailable(found),
    );
    await member.volume.deleteGroup(group.id);
    await until(
      () => member.volume.findGroup(group.id),
      (found) => found === undefined,
    );
    expect((await service.volume.listPools()).map(({ name }) => name)).toEqual(["site-a@pure#pure"]);
    expect((await service.volume.listServices()).map(({ binary }) => binary)).toContain("cinder-volume");
    await expect(member.volume.listServices()).rejects.toMatchObject({
      failure: { status: 403, failureClass: "needs_operator" },
    });
    const quota = await service.volume.quota(tenant.project.id);
    expect(quota.volumes.used).toBe(5);
    expect(quota.byType.replicated?.volumes.used).toBe(5);
  }));

test("volumes: unmanage, manage and delete", () =>
  play(async ({ service, member, workload, until }) => {
    const { server, volumes } = workload.web;
    const id = volumes[0]?.id ?? "";
    const arrayName = (await service.volume.findVolume(id))?.providerId ?? "";
    await member.compute.deleteServer(server.id);
    await until(
      () => member.volume.findVolume(id),
      (volume) => volume?.status === "available",
    );
    await member.volume.unmanageVolume(id);
    await until(
      () => member.volume.findVolume(id),
      (volume) => volume === undefined,
    );
    const managed = await member.volume.manageVolume({
      host: "site-a@pure#pure",
      reference: `${arrayName}-unmanaged`,
      name: "protector-op-1",
      description: "",
      volumeType: "plain",
      isBootable: true,
      metadata: {},
    });
    const back = await until(
      () => service.volume.findVolume(managed.id),
      (volume) => volume?.status !== "creating" && volume?.status !== "managing",
    );
    expect(back).toMatchObject({
      status: "available",
      name: "protector-op-1",
      providerId: `volume-${managed.id}-cinder`,
    });
    await service.volume.resetStatus(managed.id, "error");
    expect((await member.volume.findVolume(managed.id))?.status).toBe("error");
    await member.volume.deleteVolume(managed.id);
    await until(
      () => member.volume.findVolume(managed.id),
      (volume) => volume === undefined,
    );
    await member.volume.deleteVolume(managed.id);
  }));
