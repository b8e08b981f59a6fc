/** A part of the story on real clouds; each builds on what the ones before it left. */
export interface Chapter {
  readonly name: string;
  readonly files: readonly string[];
  /** What it takes on a host with two processors, rounded up, in minutes. */
  readonly minutes: number;
  /** Whether it can be told on clouds that were not made by these tests. */
  readonly isForAnyClouds: boolean;
  /** The others use the Protector that it installs. */
  readonly installs?: true;
  /** When time is short the others are left out before it. */
  readonly isEssential?: true;
}

const suite = (path: string) => `test/openstack/${path}.openstack.test.ts`;

/** In the order in which they run: what a cloud lacks is told before the page installs what the others use. */
export const CHAPTERS: readonly Chapter[] = [
  { name: "lacking", files: [suite("rights/site-validate")], minutes: 2, isForAnyClouds: false },
  {
    name: "page",
    files: [suite("page/page")],
    minutes: 5,
    isForAnyClouds: false,
    installs: true,
    isEssential: true,
  },
  { name: "story", files: [suite("story/planned-failover")], minutes: 5, isForAnyClouds: true, isEssential: true },
  {
    name: "troubleshooting",
    files: [suite("page/troubleshooting"), suite("page/manage-forbidden")],
    minutes: 10,
    isForAnyClouds: false,
  },
  { name: "reclaim", files: [suite("story/reclaim")], minutes: 4, isForAnyClouds: true },
  { name: "lost-site", files: [suite("story/lost-site")], minutes: 5, isForAnyClouds: true },
  { name: "full-cycle", files: [suite("story/full-cycle")], minutes: 6, isForAnyClouds: false },
  { name: "clients", files: [suite("story/clients")], minutes: 4, isForAnyClouds: false },
  { name: "rights", files: [suite("rights/rights")], minutes: 4, isForAnyClouds: false },
  {
    name: "faults",
    files: [suite("faults/engine-killed"), suite("faults/services-away"), suite("faults/delegation")],
    minutes: 15,
    isForAnyClouds: false,
  },
  { name: "sync", files: [suite("story/sync")], minutes: 10, isForAnyClouds: false },
  { name: "package", files: [suite("page/debian-package")], minutes: 2, isForAnyClouds: false },
];
