/** `2026-11-22T15:10:28Z`, as Nova's and Neutron's resources carry it. */
export const secondsTime = (at: number): string => `${new Date(at).toISOString().slice(0, 19)}Z`;

/** `2026-11-22T15:10:28.123000` without zone, as Cinder and Nova's usage extension carry it. */
export const microsecondsTime = (at: number): string => `${new Date(at).toISOString().slice(0, 23)}000`;

/** `2026-11-22T15:10:28.123000Z`, as Keystone's tokens carry it. */
export const tokenTime = (at: number): string => `${microsecondsTime(at)}Z`;
