import { appendFileSync } from "node:fs";

/** File that figures for the report go to, a JSON object per line; set by the runner of the suites. */
export const FIGURES_FILE = "PROTECTOR_OPENSTACK_FIGURES";

/** Keeps a figure for the report. */
export function note(name: string, value: unknown): void {
  const file = process.env[FIGURES_FILE];
  if (file) appendFileSync(file, `${JSON.stringify({ name, value })}\n`);
}
