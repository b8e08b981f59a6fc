import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { RecordedCall, ServiceRecording } from "./recording.ts";

const FOLDER = new URL("answers/", import.meta.url);

/** The recordings of real clouds, one per service. */
export function readRecordings(): readonly ServiceRecording[] {
  const files = readdirSync(fileURLToPath(FOLDER)).filter((name) => name.endsWith(".json"));
  return files.sort().map((name) => ({
    service: name.replace(/\.json$/, ""),
    calls: JSON.parse(readFileSync(new URL(name, FOLDER), "utf8")) as readonly RecordedCall[],
  }));
}

/** One call per line group, so that a difference between two runs is read easily. */
export function writeRecordings(services: readonly ServiceRecording[]): void {
  for (const { service, calls } of services) {
    writeFileSync(new URL(`${service}.json`, FOLDER), `[\n${calls.map(callText).join(",\n")}\n]\n`);
  }
}

/** Facts in one line, answer in another. */
function callText(call: RecordedCall): string {
  const { body, request, ...facts } = call;
  const text = JSON.stringify(facts).slice(0, -1);
  return ` ${text},\n  "request": ${JSON.stringify(request)},\n  "body": ${JSON.stringify(body)}}`;
}
