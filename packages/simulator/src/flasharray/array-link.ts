import { Link, type LinkOptions } from "./link.ts";
import type { FlashArrayModel } from "./model.ts";

/** The link of two arrays as tests steer it. */
export interface ArrayLink {
  isUp: boolean;
  /** Pods can be stretched over it. */
  isSync: boolean;
  /** ms that an array takes to catch up with a pod, for those that begin from now on. */
  resyncMs: number;
  /** Transfers get no further than this share (0 to 1); undefined = they end. */
  stallAtProgress: number | undefined;
  /** For transfers that are queued from now on. */
  throughputBytesPerSecond: number;
  /** For transfers that are queued from now on. */
  transferMs: number;
}

/** Connects two arrays for replication, both ways. */
export function linkArrays(a: FlashArrayModel, b: FlashArrayModel, options: LinkOptions = {}): ArrayLink {
  a.fabric.settle();
  b.fabric.settle();
  const fabric = a.fabric;
  fabric.merge(b.fabric);
  const link = new Link(a.state, b.state, options);
  fabric.links.push(link);
  return {
    get isUp() {
      return link.isUp;
    },
    set isUp(isUp) {
      fabric.change(() => {
        link.isUp = isUp;
      });
    },
    get isSync() {
      return link.isSync;
    },
    set isSync(isSync) {
      link.isSync = isSync;
    },
    get resyncMs() {
      return link.resyncMs;
    },
    set resyncMs(ms) {
      link.resyncMs = ms;
    },
    get stallAtProgress() {
      return link.stallAtProgress;
    },
    set stallAtProgress(share) {
      fabric.change(() => {
        link.stallAtProgress = share;
      });
    },
    get throughputBytesPerSecond() {
      return link.throughputBytesPerSecond;
    },
    set throughputBytesPerSecond(rate) {
      link.throughputBytesPerSecond = rate;
    },
    get transferMs() {
      return link.transferMs;
    },
    set transferMs(ms) {
      link.transferMs = ms;
    },
  };
}
