import type { ArrayHealth } from "@protector/storage";
import { critical, type Finding, passed, warning } from "./finding.ts";

/** Share of an array's space from which on it is told, in per cent. */
const WARNING_FROM = 80;
/** From here on snapshots and transfers are in danger: arrays slow down before they refuse. */
const CRITICAL_FROM = 95;

/** Whether an array has space for further recovery points, and for what a failover writes. */
export function checkArrayRoom(siteName: string, { capacityBytes, usedBytes }: ArrayHealth): Finding {
  const percent = capacityBytes > 0 ? Math.floor((usedBytes / capacityBytes) * 100) : 0;
  const reason = `The array at ${siteName} is ${percent} % full (${tebibytes(usedBytes)} of ${tebibytes(capacityBytes)}).`;
  if (percent < WARNING_FROM) return passed("array.capacity", siteName, reason);
  const remedy =
    "Free space on the array (eradicate what is destroyed, shorten the retention of policies) or extend it.";
  const text = { check: "array.capacity", subject: siteName, reason, remedy };
  return percent >= CRITICAL_FROM ? critical(text) : warning(text);
}

function tebibytes(bytes: number): string {
  return `${(bytes / 2 ** 40).toFixed(1)} TiB`;
}
