import { expect, it } from "vitest";
import { activeGroup } from "../../packages/server/src/api/testing.ts";
import { CTRL_C, CUTS, finishOperations, runCut } from "./cut-flow.ts";
import { advanceOperations } from "./engine-stand-in.ts";
import { POLICY } from "./group-rows.ts";
import { type Harness, openHarness } from "./harness.ts";

/** A change, a new one for each time that it is struck. */
interface Change {
  /** What has to be there before. */
  readonly before?: (n: number) => string | readonly string[];
  readonly line: (n: number) => string;
  /** Group that is changed; default `shop`. */
  readonly group?: (n: number) => string;
}

const server = (n: number) => `11111111-1111-4111-8111-${String(n).padStart(12, "0")}`;
const g = (n: number) => `g${n}`;

const CHANGES: Readonly<Record<string, Change>> = {
  "protection-group create": { line: (n) => `pg create ${g(n)}`, group: g },
  "protection-group set": { line: (n) => `pg set shop --description d${n}` },
  "protection-group delete": { before: (n) => `pg create ${g(n)}`, line: (n) => `pg delete ${g(n)} --wait`, group: g },
  "policy create": {
    before: (n) => `pg create ${g(n)}`,
    line: (n) => `policy create ${g(n)} ${POLICY} --wait`,
    group: g,
  },
  "policy delete": {
    before: (n) => [`pg create ${g(n)}`, `policy create ${g(n)} ${POLICY} --wait`],
    line: (n) => `policy delete ${g(n)} --wait`,
    group: g,
  },
  "policy update": { line: (n) => `policy update shop --rpo-minutes ${n + 10} --wait` },
  "member add": { line: (n) => `member add shop ${server(n)} --wait` },
  "member set": {
    before: (n) => `member add shop ${server(n)} --wait`,
    line: (n) => `member set shop ${server(n)} --tier 3`,
  },
  "member remove": {
    before: (n) => `member add shop ${server(n)} --wait`,
    line: (n) => `member remove shop ${server(n)} --wait`,
  },
  "mapping set": { line: () => "mapping set shop --network public=public" },
  "hook add": { line: (n) => `hook add shop --before plan --url https://hooks.example.com/${n}` },
  "hook remove": {
    before: (n) => `hook add shop --before plan --url https://hooks.example.com/${n}`,
    line: () => "hook remove shop 1",
  },
};

/** A recovery, and what undoes it where the next one needs that. */
const RECOVERIES: Readonly<Record<string, Change>> = {
  failover: { line: () => "failover shop --yes --wait" },
  failback: { before: () => "failover shop --yes --wait", line: () => "failback shop --yes --wait" },
  reprotect: { before: () => "failover shop --yes --wait", line: () => "reprotect shop --yes --wait" },
  "test-failover": { line: () => "test-failover shop --yes --wait" },
  reclaim: { line: () => "reclaim shop --yes --wait" },
  "protection-group replicate": { line: () => "pg replicate shop --wait" },
};

async function opened(): Promise<Harness> {
  const harness = await openHarness();
  await activeGroup(harness.sites);
  harness.meanwhile = async () => {
    await advanceOperations(harness.sites.a);
    await advanceOperations(harness.sites.b);
  };
  return harness;
}

async function must(harness: Harness, lines: string | readonly string[]): Promise<void> {
  for (const line of [lines].flat()) {
    const { code, stderr } = await harness.run(line);
    expect({ line, code, stderr: code === 0 ? "" : stderr }).toEqual({ line, code: 0, stderr: "" });
    await finishOperations(harness);
  }
}

const WAYS = [...Object.keys(CUTS), CTRL_C];
/** Struck at every request in every way; the others at every request in one way after the other. */
const IN_EVERY_WAY = ["protection-group set"];
/** ms on a busy machine. */
const LIMIT_MS = 300_000;

/** Ways in which a change is struck at its requests; with `offset` changes do not all begin with the same. */
function strikes(name: string, offset: number): readonly ((at: number) => string)[] {
  if (IN_EVERY_WAY.includes(name)) return WAYS.map((way) => () => way);
  return [(at) => WAYS[(at + offset) % WAYS.length] ?? ""];
}

const numbered = (changes: Readonly<Record<string, Change>>) =>
  Object.entries(changes).map(([name, change], offset) => [name, change, strikes(name, offset)] as const);

it.each(numbered(CHANGES))(
  "%s is struck at any request: sync-status explains what is left, one command mends it",
  async (_, change, ways) => {
    const harness = await opened();
    let n = 0;
    for (const wayAt of ways) {
      for (let at = 1, isStruck = true; isStruck; at++) {
        n += 1;
        if (change.before) await must(harness, change.before(n));
        isStruck = await runCut(harness, {
          line: change.line(n),
          at,
          cut: wayAt(at),
          ref: change.group?.(n) ?? "shop",
        });
      }
    }
  },
  LIMIT_MS,
);

it.each(numbered(RECOVERIES))(
  "%s is struck at any request: sync-status explains what is left, one command mends it",
  async (_, recovery, ways) => {
    const harness = await opened();
    for (const wayAt of ways) {
      for (let at = 1, isStruck = true; isStruck; at++) {
        await comeHome(harness);
        if (recovery.before) await must(harness, recovery.before(at));
        isStruck = await runCut(harness, { line: recovery.line(at), at, cut: wayAt(at), ref: "shop" });
      }
    }
  },
  LIMIT_MS,
);

/** What the recovery before has left away from home is brought back. */
async function comeHome(harness: Harness): Promise<void> {
  const { a } = harness.sites;
  const group = await a.database.db.selectFrom("protection_groups").selectAll().executeTakeFirstOrThrow();
  if (group.primary_site_id !== group.home_site_id) await must(harness, "failback shop --yes --wait");
}

it(
  "sync-force is struck at any request, and the next one mends what is left",
  async () => {
    const harness = await opened();
    for (let at = 1, isStruck = true; isStruck; at++) {
      harness.requests.length = 0;
      harness.fate = ({ call }) => (call.startsWith("PUT") ? "killed_before" : undefined);
      await harness.run(`pg set shop --description d${at}`);
      isStruck = await runCut(harness, {
        line: "pg sync-force shop",
        at,
        cut: WAYS[at % WAYS.length] ?? "",
        ref: "shop",
      });
    }
  },
  LIMIT_MS,
);
