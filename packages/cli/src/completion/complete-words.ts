import type { Command } from "commander";
import { cloudNames, readCloudFiles, requireEntry } from "../cloud/cloud-files.ts";
import { tokenFolder } from "../cloud/token-cache.ts";
import { CommandContext } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import type { CliHost } from "../host.ts";
import { namesOf } from "./names.ts";
import { type Candidate, type NamedKind, wantedAt } from "./wanted.ts";

/** First argument with which the shells' scripts call the program. */
export const COMPLETE_WORDS = "complete-words";
/** Line that asks the shell to complete names of files. */
const FILES = ":files";
/** Nobody waits longer for a name, ms. */
const PATIENCE_MS = 2000;
/** How long names are offered again without being asked for, ms. */
const KEPT_MS = 30_000;

/**
 * Prints what the last of the words can become: a line each, `value<TAB>help`. Never fails and asks nobody: where the
 * clouds give no answer in time, no names are offered.
 * @param words behind the program's name.
 */
export async function completeWords(host: CliHost, program: Command, words: readonly string[]): Promise<number> {
  const wanted = wantedAt(program, words);
  const partial = words.at(-1) ?? "";
  switch (wanted.kind) {
    case "files":
      host.stdout.write(`${FILES}\n`);
      break;
    case "words":
      print(host, wanted.words, partial);
      break;
    case "names": {
      const { of, group } = wanted;
      print(host, of === "cloud" ? cloudCandidates(host) : await quickNames(host, words, { of, group }), partial);
      break;
    }
    case "nothing":
  }
  return EXIT.done;
}

function print({ stdout }: CliHost, candidates: readonly Candidate[], partial: string): void {
  const fitting = candidates.filter(({ value }) => value.startsWith(partial) && !/[\t\n]/.test(value));
  for (const { value, help } of fitting) stdout.write(`${value}\t${help.replaceAll(/\s+/g, " ")}\n`);
}

function cloudCandidates(host: CliHost): readonly Candidate[] {
  try {
    const files = readCloudFiles(host);
    return cloudNames(files).map((name) => ({ value: name, help: requireEntry(files, name).auth.auth_url ?? "" }));
  } catch {
    // No YAML: the command itself will say so.
    return [];
  }
}

interface WantedNames {
  readonly of: Exclude<NamedKind, "cloud">;
  readonly group: string | undefined;
}

/** From a file when they were asked for a moment ago. */
async function quickNames(host: CliHost, words: readonly string[], wanted: WantedNames): Promise<readonly Candidate[]> {
  const cloud = optionIn(words, "--os-cloud");
  const folder = tokenFolder(host.env);
  const about = [cloud ?? host.env.OS_CLOUD, host.env.OS_AUTH_URL, host.env.OS_PROJECT_NAME, wanted.of, wanted.group];
  const path = host.tokens && folder && `${folder}/names-${host.tokens.digest(JSON.stringify(about))}.json`;
  const kept = path ? keptNames(host, path) : undefined;
  if (kept) return kept;
  const over = new AbortController();
  const answered = new AbortController();
  const limit = host.clock.sleep(PATIENCE_MS, answered.signal).then(
    () => over.abort(new Error("too slow")),
    () => {},
  );
  try {
    const names = await namesOf(quietContext(host, cloud, over.signal), wanted.of, wanted.group);
    if (path) host.tokens?.files.write(path, JSON.stringify({ at: host.clock.now(), names }));
    return names;
  } catch {
    // No login, no answer, not allowed: a shell has no place for a reason.
    return [];
  } finally {
    answered.abort();
    await limit;
  }
}

function quietContext(host: CliHost, cloud: string | undefined, signal: AbortSignal): CommandContext {
  const quiet: CliHost = {
    ...host,
    stderr: { write: () => {} },
    ask: undefined,
    interrupt: signal,
    transport: (request) => {
      signal.throwIfAborted();
      return host.transport({ ...request, timeoutMs: Math.min(request.timeoutMs, PATIENCE_MS), signal });
    },
  };
  return new CommandContext(quiet, {
    format: "value",
    isExchangeForPeople: false,
    column: [],
    debug: false,
    yes: false,
    variables: {},
    ...(cloud === undefined ? {} : { osCloud: cloud }),
  });
}

function keptNames({ tokens, clock }: CliHost, path: string): readonly Candidate[] | undefined {
  try {
    const kept = JSON.parse(tokens?.files.read(path) ?? "") as { at: number; names: readonly Candidate[] };
    const age = clock.now() - kept.at;
    return age >= 0 && age < KEPT_MS ? kept.names : undefined;
  } catch {
    return undefined;
  }
}

function optionIn(words: readonly string[], flag: string): string | undefined {
  const at = words.indexOf(flag);
  if (at >= 0) return words[at + 1];
  return words.find((word) => word.startsWith(`${flag}=`))?.slice(flag.length + 1);
}
