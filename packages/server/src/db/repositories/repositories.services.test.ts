import { beforeAll, expect, it } from "vitest";
import { describeDatabases } from "../../../../../test/services/index.ts";
import { writeJson, writeTime } from "../codecs.ts";
import {
  groupRow,
  LOCAL_SITE,
  memberRow,
  PEER_SITE,
  siteRow,
  TEST_PROJECT,
  TEST_SITES,
  testId,
} from "../testing/rows.ts";
import { insertAuditEvent, listAuditEvents } from "./audit-events.ts";
import { insertConsistencyGroup, insertVolumes, listVolumes, replaceVolumesOfMember } from "./consistency-groups.ts";
import { listEngineServices, reportEngineService } from "./engine-services.ts";
import { listGroupHealth } from "./group-health.ts";
import { listMappings, replaceMappings } from "./mappings.ts";
import { insertMember, listMembers, nextMemberPosition } from "./members.ts";
import {
  claimProtectionGroup,
  deleteProtectionGroup,
  findProtectionGroup,
  insertProtectionGroup,
  listTombstones,
  releaseProtectionGroup,
  updateProtectionGroup,
} from "./protection-groups.ts";
import {
  closeFindings,
  forgetFindings,
  listOpenFindings,
  listReadinessFindings,
  openFindings,
  renewFinding,
} from "./readiness-findings.ts";
import {
  findLatestUsablePoint,
  forgetRecoveryPoints,
  listRecoveryPoints,
  saveRecoveryPoint,
} from "./recovery-points.ts";
import { insertReplicationPolicy } from "./replication-policies.ts";
import { insertSecret, listSecretsNotUnder, reencryptSecret } from "./secrets.ts";
import { deleteSite, insertSite, updateSite } from "./sites.ts";
import { insertTenantMapping } from "./tenant-mappings.ts";
import { insertTrust, listUsableTrusts } from "./trusts.ts";

const TIME = "2026-01-01 00:00:00.000000";
const GROUP = testId("grup", 1);

describeDatabases("repositories", (database) => {
  beforeAll(async () => {
    await database.connection.db.insertInto("sites").values(TEST_SITES).execute();
    await insertProtectionGroup(database.connection.db, groupRow(1));
  });

  it("a site's name and id are registered once", async () => {
    const { db } = database.connection;
    await expect(insertSite(db, siteRow({ name: "other" }))).rejects.toMatchObject({ code: "site.exists" });
    const taken = siteRow({ id: testId("site", 9), name: `site-${LOCAL_SITE}` });
    await expect(insertSite(db, taken)).rejects.toMatchObject({ code: "site.exists" });
    await expect(updateSite(db, PEER_SITE, { name: `site-${LOCAL_SITE}` })).rejects.toMatchObject({
      code: "site.exists",
    });
  });

  it("a site that groups use cannot be deleted", async () => {
    await expect(deleteSite(database.connection.db, { id: PEER_SITE, name: "peer" })).rejects.toMatchObject({
      code: "site.in_use",
    });
    await insertSite(database.connection.db, siteRow({ id: testId("site", 3), is_local: 0 }));
    expect(await deleteSite(database.connection.db, { id: testId("site", 3), name: "third" })).toBe(true);
  });

  it("a project is mapped once per site, from either side", async () => {
    const { db } = database.connection;
    const row = {
      id: testId("tena", 1),
      site_id: PEER_SITE,
      local_project_id: "l",
      peer_project_id: "p",
      created_at: TIME,
    };
    await insertTenantMapping(db, row);
    const again = { ...row, id: testId("tena", 2) };
    await expect(insertTenantMapping(db, { ...again, peer_project_id: "q" })).rejects.toThrow("Project l is mapped");
    await expect(insertTenantMapping(db, { ...again, local_project_id: "m" })).rejects.toThrow("Project p is mapped");
    await expect(
      insertTenantMapping(db, { ...again, site_id: testId("site", 8), local_project_id: "m", peer_project_id: "q" }),
    ).rejects.toMatchObject({ code: "site.not_found" });
  });

  it("a name is taken by a living group of the project only", async () => {
    const { db } = database.connection;
    await insertProtectionGroup(db, groupRow(2, { name: "web" }));
    await expect(insertProtectionGroup(db, groupRow(3, { name: "web" }))).rejects.toMatchObject({
      code: "protection_group.name_exists",
    });
    await insertProtectionGroup(db, groupRow(4, { name: "web", project_id: "another" }));
    await updateProtectionGroup(db, { id: testId("grup", 2), changes: { deleted_at: TIME } });
    await insertProtectionGroup(db, groupRow(3, { name: "web" }));
    expect((await listTombstones(db)).map(({ id }) => id)).toEqual([testId("grup", 2)]);
    await expect(updateProtectionGroup(db, { id: GROUP, changes: { name: "web" } })).rejects.toMatchObject({
      code: "protection_group.name_exists",
    });
  });

  it("names keep characters beyond the Basic Multilingual Plane, and their case counts", async () => {
    const { db } = database.connection;
    await insertProtectionGroup(db, groupRow(5, { name: "Ünïcode 🚀", description: "𝔘" }));
    await insertProtectionGroup(db, groupRow(6, { name: "ünïcode 🚀" }));
    expect(await findProtectionGroup(db, { id: testId("grup", 5) })).toMatchObject({
      name: "Ünïcode 🚀",
      description: "𝔘",
    });
  });

  it("findings of readiness are counted by severity while they are found, listed when they are gone, then forgotten", async () => {
    const { db } = database.connection;
    const finding = (n: number, severity: "critical" | "warning") => ({
      id: testId("find", n),
      protection_group_id: GROUP,
      check_name: "drift.volume_added",
      severity,
      subject: `server-${n}`,
      reason: "a volume was attached",
      remedy: null,
      found_at: TIME,
    });
    await openFindings(db, [finding(1, "critical"), finding(2, "warning"), finding(3, "warning")]);
    await closeFindings(db, [testId("find", 3)], TIME);
    await renewFinding(db, testId("find", 1), { ...finding(1, "critical"), reason: "two volumes were attached" });
    const counted = (await listGroupHealth(db, { projectId: TEST_PROJECT })).find(({ id }) => id === GROUP);
    expect(counted).toMatchObject({ critical_findings: 1, warnings: 1, rpo_minutes: null });
    expect((await listGroupHealth(db, { projectId: "another" })).map(({ id }) => id)).not.toContain(GROUP);
    expect((await listOpenFindings(db, GROUP)).map(({ reason }) => reason)).toContain("two volumes were attached");
    expect(await listReadinessFindings(db, GROUP)).toHaveLength(3);
    await forgetFindings(db, "2030-01-01 00:00:00.000000");
    expect(await listReadinessFindings(db, GROUP)).toHaveLength(2);
  });

  it("a group is found in its own project only", async () => {
    const { db } = database.connection;
    expect(await findProtectionGroup(db, { id: GROUP, projectId: TEST_PROJECT })).toMatchObject({ readiness: "{}" });
    expect(await findProtectionGroup(db, { id: GROUP, projectId: "another" })).toBeUndefined();
  });

  it("a change that expects another generation touches nothing", async () => {
    const { db } = database.connection;
    const changes = { generation: 2 };
    expect(await updateProtectionGroup(db, { id: GROUP, changes, expected: { generation: 7 } })).toBe(false);
    expect(await updateProtectionGroup(db, { id: GROUP, changes, expected: { generation: 1 } })).toBe(true);
    await updateProtectionGroup(db, { id: GROUP, changes: { current_operation_id: testId("oper", 7) } });
    const idle = { current_operation_id: null };
    expect(await updateProtectionGroup(db, { id: GROUP, changes: { epoch: 4 }, expected: idle })).toBe(false);
    await releaseProtectionGroup(db, { id: GROUP, operationId: testId("oper", 7) });
    expect(await updateProtectionGroup(db, { id: GROUP, changes: { epoch: 4 }, expected: idle })).toBe(true);
  });

  it("one of two operations that claim a group at once gets it, and the other learns which", async () => {
    const [a, b] = [testId("oper", 1), testId("oper", 2)];
    const claims = [
      claimProtectionGroup(database.connection.db, { id: GROUP, operationId: a }),
      claimProtectionGroup(database.another().db, { id: GROUP, operationId: b }),
    ];
    const results = await Promise.allSettled(claims);
    const [winner, loser] = results[0]?.status === "fulfilled" ? [a, b] : [b, a];
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    await expect(claimProtectionGroup(database.connection.db, { id: GROUP, operationId: loser })).rejects.toMatchObject(
      {
        code: "protection_group.busy",
        facts: { operation_id: winner },
      },
    );
    expect(await releaseProtectionGroup(database.connection.db, { id: GROUP, operationId: loser })).toBe(false);
    expect(await releaseProtectionGroup(database.connection.db, { id: GROUP, operationId: winner })).toBe(true);
  });

  it("a server is in one group only", async () => {
    const { db } = database.connection;
    expect(await nextMemberPosition(db, GROUP)).toBe(0);
    await insertMember(db, memberRow(1));
    await insertMember(db, memberRow(2, { position: 0 }));
    const same = memberRow(9, { home_server_id: testId("serv", 1), protection_group_id: testId("grup", 3) });
    await expect(insertMember(db, same)).rejects.toThrow(`protection group ${GROUP}`);
    expect((await listMembers(db, GROUP)).map(({ id }) => id)).toEqual([testId("memb", 2), testId("memb", 1)]);
    expect(await nextMemberPosition(db, GROUP)).toBe(2);
  });

  it("a project's defaults are replaced apart from a group's mappings", async () => {
    const { db } = database.connection;
    const row = (n: number, source_id: string, target_id: string) =>
      ({ id: testId("mapp", n), kind: "network", source_id, target_id, created_at: TIME }) as const;
    const project = { projectId: TEST_PROJECT, groupId: null };
    await replaceMappings(db, project, [row(1, "net-1", "default-1"), row(2, "net-2", "default-2")]);
    await replaceMappings(db, { projectId: TEST_PROJECT, groupId: GROUP }, [row(3, "net-1", "own-1")]);
    await replaceMappings(db, project, []);
    expect(await listMappings(db, project)).toEqual([]);
    expect(await listMappings(db, { projectId: TEST_PROJECT, groupId: GROUP })).toHaveLength(1);
  });

  it("volumes are listed with their site and replaced per member", async () => {
    const { db } = database.connection;
    const group = {
      id: testId("cons", 1),
      protection_group_id: GROUP,
      site_id: LOCAL_SITE,
      array_id: "a-1",
      array_name: "fa-a",
      array_group: "protector-0123456789ab",
      cinder_group_id: null,
      created_at: TIME,
      updated_at: TIME,
    };
    await insertConsistencyGroup(db, group);
    const volume = (n: number, position: number) => ({
      id: testId("cgvo", n),
      consistency_group_id: group.id,
      member_id: testId("memb", 1),
      position,
      volume_id: testId("volu", n),
      array_volume: `volume-${n}-cinder`,
      size_gib: 10,
      created_at: TIME,
    });
    await insertVolumes(db, [volume(1, 1), volume(2, 0)]);
    expect((await listVolumes(db, GROUP)).map(({ position, site_id }) => [position, site_id])).toEqual([
      [0, LOCAL_SITE],
      [1, LOCAL_SITE],
    ]);
    const replacement = { consistencyGroupId: group.id, memberId: testId("memb", 1), rows: [volume(3, 0)] };
    await replaceVolumesOfMember(db, replacement);
    expect((await listVolumes(db, GROUP)).map(({ id }) => id)).toEqual([testId("cgvo", 3)]);
  });

  it("a recovery point seen again keeps its proof, and one no longer seen is forgotten", async () => {
    const { db } = database.connection;
    const point = (n: number, changes: object = {}) => ({
      id: testId("poin", n),
      protection_group_id: GROUP,
      name: `point-${n}`,
      source_site_id: LOCAL_SITE,
      cut_at: writeTime(1_800_000_000_000 + n),
      completed_at: null,
      progress: 0.25,
      bytes_sent: 5_000_000_000_000,
      is_usable: 0 as const,
      proven_at: null,
      seen_at: writeTime(1_800_000_000_000),
      ...changes,
    });
    await saveRecoveryPoint(db, point(1, { proven_at: TIME }));
    await saveRecoveryPoint(db, point(2));
    await saveRecoveryPoint(db, { ...point(1, { is_usable: 1, progress: 1 }), id: testId("poin", 7) });
    const usable = await findLatestUsablePoint(db, { groupId: GROUP, sourceSiteId: LOCAL_SITE });
    expect(usable).toMatchObject({
      id: testId("poin", 1),
      proven_at: TIME,
      progress: 1,
      bytes_sent: 5_000_000_000_000,
    });
    // The array group is made anew and counts from 1 again.
    await saveRecoveryPoint(db, point(3, { proven_at: TIME }));
    await saveRecoveryPoint(db, point(3, { cut_at: writeTime(1_800_000_600_000) }));
    const [again] = await listRecoveryPoints(db, GROUP, { limit: 1 });
    expect(again).toMatchObject({ name: "point-3", proven_at: null });
    await saveRecoveryPoint(db, point(1, { is_usable: 1, seen_at: writeTime(1_800_000_060_000) }));
    await forgetRecoveryPoints(db, { groupId: GROUP, notSeenSince: writeTime(1_800_000_060_000) });
    expect((await listRecoveryPoints(db, GROUP)).map(({ name }) => name)).toEqual(["point-1"]);
  });

  it("a group has one replication policy, and a secret in use cannot go", async () => {
    const { db } = database.connection;
    const secret = { id: testId("secr", 1), purpose: "array", key_id: "k1", ciphertext: "c1", created_at: TIME };
    await insertSecret(db, secret);
    const policy = {
      id: testId("poli", 1),
      protection_group_id: GROUP,
      primary_fa_url: "https://fa-a",
      primary_token_secret_id: secret.id,
      primary_backend: null,
      secondary_fa_url: null,
      secondary_token_secret_id: null,
      secondary_backend: "fa-b",
      replication_interval: 300,
      rpo_minutes: 15,
      rto_minutes: 30,
      retention: writeJson({ all_for_seconds: 86400, per_day: 4, days: 7 }),
      created_at: TIME,
      updated_at: TIME,
    };
    await insertReplicationPolicy(db, policy);
    await expect(insertReplicationPolicy(db, { ...policy, id: testId("poli", 2) })).rejects.toMatchObject({
      code: "policy.exists",
    });
    await expect(db.deleteFrom("secrets").where("id", "=", secret.id).execute()).rejects.toThrow(/foreign key/i);
  });

  it("a secret is encrypted anew only from the key that it was read under", async () => {
    const { db } = database.connection;
    expect(await listSecretsNotUnder(db, "k2")).toHaveLength(1);
    const change = { id: testId("secr", 1), keyId: "k2", ciphertext: "c2" };
    expect(await reencryptSecret(db, { ...change, fromKeyId: "k0" })).toBe(false);
    expect(await reencryptSecret(db, { ...change, fromKeyId: "k1" })).toBe(true);
    expect(await listSecretsNotUnder(db, "k2")).toEqual([]);
  });

  it("usable trusts come newest first, and the unusable not at all", async () => {
    const { db } = database.connection;
    const trust = (n: number, is_usable: 0 | 1, user_id: string) => ({
      id: testId("trus", n),
      project_id: TEST_PROJECT,
      user_id,
      trust_id: `trust-${n}`,
      known_before: null,
      state: "made" as const,
      needed_at: writeTime(n * 1000),
      roles: writeJson(["member"]),
      is_usable,
      created_at: writeTime(n * 1000),
      checked_at: null,
    });
    for (const row of [trust(1, 1, "ann"), trust(2, 1, "bob"), trust(3, 0, "ann")]) await insertTrust(db, row);
    expect((await listUsableTrusts(db, { projectId: TEST_PROJECT })).map(({ trust_id }) => trust_id)).toEqual([
      "trust-2",
      "trust-1",
    ]);
    const anns = await listUsableTrusts(db, { projectId: TEST_PROJECT, userId: "ann" });
    expect(anns.map(({ trust_id }) => trust_id)).toEqual(["trust-1"]);
  });

  it("audit events page by time", async () => {
    const { db } = database.connection;
    for (const n of [1, 2, 3])
      await insertAuditEvent(db, {
        id: testId("audi", n),
        at: writeTime(n * 1000),
        project_id: TEST_PROJECT,
        user_id: null,
        request_id: null,
        action: "protection_group.create",
        target_type: "protection_group",
        target_id: GROUP,
        outcome: "success",
        detail: writeJson({}),
      });
    const page = await listAuditEvents(db, { projectId: TEST_PROJECT }, { limit: 1, marker: testId("audi", 3) });
    expect(page.map(({ id }) => id)).toEqual([testId("audi", 2)]);
  });

  it("an engine is alive as long as it reports on the database's clock", async () => {
    const engine = { host: "controller", process: "protector-engine", messaging: "connected" };
    await reportEngineService(database.connection, engine);
    await reportEngineService(database.connection, { ...engine, messaging: "degraded" });
    expect(await listEngineServices(database.connection, 30_000)).toMatchObject([
      { messaging: "degraded", is_alive: 1 },
    ]);
    await database.connection.db
      .updateTable("engine_services")
      .set({ seen_at: database.connection.fromNow(-31_000) })
      .execute();
    expect(await listEngineServices(database.connection, 30_000)).toMatchObject([{ is_alive: 0 }]);
  });

  it("deleting a group deletes everything that it holds", async () => {
    const { db } = database.connection;
    expect(await deleteProtectionGroup(db, GROUP)).toBe(true);
    expect(await listMembers(db, GROUP)).toEqual([]);
    expect(await listVolumes(db, GROUP)).toEqual([]);
    expect(await listRecoveryPoints(db, GROUP)).toEqual([]);
  });
});
