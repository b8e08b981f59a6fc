import { appendFileSync } from "node:fs";

/** File that figures for the report go to as well, a JSON object per line. */
export const FIGURES_FILE = "PROTECTOR_OPENSTACK_FIGURES";

/** Tells a figure, and keeps it for the report. */
export function note(name: string, value: unknown): void {
  process.stdout.write(`figure ${name}: ${JSON.stringify(value)}\n`);
  const file = process.env[FIGURES_FILE];
  if (file) appendFileSync(file, `${JSON.stringify({ name, value })}\n`);
}

/** File that every typed command goes to, with its exit status and how long it took. */
const TRANSCRIPT_FILE = "PROTECTOR_OPENSTACK_TRANSCRIPT";

/** Keeps a typed command for whoever looks on. */
export function transcribe(words: readonly string[], code: number, beganAt: number): void {
  const file = process.env[TRANSCRIPT_FILE];
  const seconds = ((Date.now() - beganAt) / 1000).toFixed(1).padStart(6);
  if (file) appendFileSync(file, `${new Date().toISOString()} ${seconds} s  ${code}  ${words.join(" ")}\n`);
}
