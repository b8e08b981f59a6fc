import { describe, expect, it } from "vitest";
import { programHelp, readProgramArguments } from "./program-arguments.ts";

describe("the command line of a service", () => {
  it("names configuration files and directories in order", () => {
    expect(
      readProgramArguments(["--config-file", "/a.conf", "--config-dir=/b.d", "--config-file", "/c.conf"]),
    ).toStrictEqual({ kind: "run", files: ["/a.conf", "/c.conf"], directories: ["/b.d"] });
  });

  it.each([
    [["--help"], "help"],
    [["-h", "--config-file", "/a.conf"], "help"],
    [["--version"], "version"],
  ] as const)("asks with %j for %s and not for a start", (args, kind) => {
    expect(readProgramArguments(args)).toStrictEqual({ kind });
  });

  it("is refused with an option that is not known", () => {
    expect(() => readProgramArguments(["--port", "1"])).toThrow("--port");
  });

  it("is explained by a text that names every option", () => {
    const help = programHelp({ name: "protector-api", description: "The API." });
    expect(help).toMatch(/^Usage: protector-api /);
    for (const option of ["--config-file", "--config-dir", "--version", "--help"]) expect(help).toContain(option);
  });
});
