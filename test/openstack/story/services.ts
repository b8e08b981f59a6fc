import type { StageSite } from "./stage.ts";

const UNITS = ["protector-api", "protector-engine"];

/** Unit, main process and start of Protector's services at both sites: alike as long as none was restarted. */
export async function processesOf(sites: readonly StageSite[]): Promise<readonly string[]> {
  const texts = await Promise.all(
    sites.map(async ({ name, machine }) => {
      if (!machine) return "";
      const show = `systemctl show --property=Id,MainPID,ActiveEnterTimestampMonotonic,NRestarts ${UNITS.join(" ")}`;
      return `${name}\n${await machine.mustRun(show)}`;
    }),
  );
  return texts.flatMap((text) => text.split("\n"));
}
