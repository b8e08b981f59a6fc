import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { seededRandom, VirtualClock } from "@protector/ports";
import { Conditions } from "@protector/simulator";
import type { ArrayModel, ArrayPair, ArrayUnderTest, LinkModel } from "../array-pair.ts";
import { mockDriver } from "./index.ts";
import { linkOf, type MockLink, type MockState, NEW_LINK } from "./mock-state.ts";
import { type MockPorts, MockStore } from "./mock-store.ts";
import { createPod, stretchPod } from "./pods.ts";
import { liveVolume } from "./settle.ts";
import { contentOf, destroyVolume, ensureVolume } from "./volumes.ts";

/** Two mock arrays in a directory of their own, under a virtual clock. */
export function makeMockPair(directories: string[]): ArrayPair {
  const clock = new VirtualClock(Date.UTC(2026, 0, 5));
  const directory = mkdtempSync(join(tmpdir(), "protector-mock-"));
  directories.push(directory);
  const ports = { directory, arrays: ["array-a", "array-b"], clock, random: seededRandom(1) };
  const driver = mockDriver(ports);
  const under = (name: string): ArrayUnderTest => {
    const connect = () => driver.connect({ url: `mock://${name}`, apiToken: "", tls: {} });
    return { array: connect(), rival: connect(), model: arrayModel(ports, name) };
  };
  const [source, target] = [under("array-a"), under("array-b")];
  const link = linkModel(ports);
  link.transferMs = 20_000;
  return { clock, conditions: new Conditions(clock), source, target, link, canDeclineDefaultProtection: true };
}

/** What the driver's test does behind its back: guests write JSON into the `content` that stands for the data. */
function arrayModel(ports: MockPorts, name: string): ArrayModel {
  const store = new MockStore(ports);
  const change = <T>(work: (state: MockState) => T): T => store.change(name, (_, state) => work(state));
  const downFile = join(ports.directory, `${name}.down`);
  let isUp = true;
  return {
    id: change(({ id }) => id),
    name,
    problems: [],
    get isUp() {
      return isUp;
    },
    set isUp(wanted) {
      if (isUp) change(() => {});
      isUp = wanted;
      if (wanted) rmSync(downFile);
      else writeFileSync(downFile, "");
    },
    createVolume: (volume, bytes) =>
      change(
        (state) =>
          void ensureVolume(state, {
            newId: () => ports.random.uuid(),
            now: store.now,
            name: volume,
            bytes,
            content: "[]",
          }),
      ),
    destroyVolume: (volume) => change((state) => destroyVolume(state, volume)),
    snapshotVolume: (volume, suffix) =>
      change((state) => {
        const { bytes, content } = live(state, volume);
        state.snapshots.push({ name: `${volume}.${suffix}`, bytes, content });
      }),
    connect: (volume, host) => change((state) => void live(state, volume).hosts.push(host)),
    disconnect: (volume, host) =>
      change((state) => {
        const standing = live(state, volume);
        standing.hosts = standing.hosts.filter((each) => each !== host);
      }),
    write: (volume, _host, write) =>
      change((state) => {
        const standing = live(state, volume);
        standing.content = JSON.stringify([...JSON.parse(standing.content), write]);
      }),
    writesOfVolume: (volume) => change((state) => JSON.parse(live(state, volume).content)),
    writesOfSnapshot: (snapshot) => change((state) => JSON.parse(contentOf(state, snapshot) ?? "null")),
    setDefaultProtection: () => {},
    createPod: (pod) =>
      change((state) => {
        if (!state.pods.some((each) => each.name === pod)) createPod(state, name, pod);
      }),
    stretchPod: (pod, other) =>
      store.change(name, (arrays, state) => {
        if (!state.pods.find((each) => each.name === pod)?.partner) stretchPod(arrays, pod, [name, other]);
      }),
    describe: () => change((state) => ({ ...state, volumes: [...state.volumes] })),
  };
}

function live(state: MockState, name: string) {
  const volume = liveVolume(state, name);
  if (!volume) throw new Error(`no volume ${name}`);
  return volume;
}

/** The link from the first array to the second, and back where that matters. */
function linkModel(ports: MockPorts): LinkModel {
  const store = new MockStore(ports);
  const get = () => store.change("array-a", (_, state) => ({ ...linkOf(state, "array-b") }));
  const set = (change: Partial<MockLink>) =>
    store.change("array-a", (_, state) => {
      state.links["array-b"] = { ...NEW_LINK, ...state.links["array-b"], ...change };
    });
  return {
    get isUp() {
      return get().isUp;
    },
    set isUp(isUp) {
      set({ isUp });
    },
    get stallAtProgress() {
      return get().stallAtProgress ?? undefined;
    },
    set stallAtProgress(share) {
      set({ stallAtProgress: share ?? null });
    },
    get transferMs() {
      return get().transferMs;
    },
    set transferMs(transferMs) {
      set({ transferMs });
    },
  };
}
