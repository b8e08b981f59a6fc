import type { CommandResult } from "../machines/command.ts";
import type { Machine } from "../machines/machine.ts";

/** No pager, which would wait for a key. */
const ENVIRONMENT = { SYSTEMD_PAGER: "cat", TERM: "dumb" };
const SCRIPT = "/root/page-block.sh";
const TIME_LIMIT_MS = 10 * 60_000;

/** Runs a block of commands that ask nothing, as one script that ends with the first failure. Never throws. */
export function typeCommands(machine: Machine, commands: string): Promise<CommandResult> {
  return machine.run(`set -e\n${commands}`, { env: ENVIRONMENT, timeoutMs: TIME_LIMIT_MS });
}

/**
 * Runs a block at a terminal and answers its prompts for passwords one after the other, each when it is asked for: some
 * programs throw away what was typed before.
 * @returns standard output and standard error together, as the terminal shows them.
 */
export function typeAtTerminal(machine: Machine, commands: string, answers: readonly string[]): Promise<CommandResult> {
  machine.writeFile(SCRIPT, `set -e\n${commands}`, { mode: 0o700 });
  const talk = `
coproc TERMINAL { script --quiet --flush --return --command 'bash ${SCRIPT}' /dev/null 2>&1; }
talk=$TERMINAL_PID; exec 3<&"\${TERMINAL[0]}" 4>&"\${TERMINAL[1]}"
answers=(${answers.map((answer) => `'${answer}'`).join(" ")}); next=0; line=
while IFS= read -r -N 1 -u 3 letter; do
  printf %s "$letter"
  line+=$letter
  case $line in
    *$'\\n') line= ;;
    *assword:) printf '%s\\n' "\${answers[next++]}" >&4; line= ;;
  esac
done
wait $talk`;
  return machine.run(talk, { env: ENVIRONMENT, timeoutMs: TIME_LIMIT_MS });
}
