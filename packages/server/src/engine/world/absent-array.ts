import { ProtectorError } from "@protector/contract";
import type { StorageArray } from "@protector/storage";

/**
 * Stands where a group without a policy would have an array: it can be closed, and every question is answered with
 * `protection_group.no_policy`.
 */
export function absentArray(groupName: string): StorageArray {
  const refuse = async (): Promise<never> => {
    throw new ProtectorError(
      "protection_group.no_policy",
      `Protection group "${groupName}" has no replication policy: no array is its.`,
    );
  };
  const close = async (): Promise<void> => {};
  return new Proxy({} as StorageArray, { get: (_, name) => (name === "close" ? close : refuse) });
}
