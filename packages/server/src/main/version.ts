import manifest from "../../package.json" with { type: "json" };

/** The release, as `--version` of every program prints it. */
export const VERSION: string = manifest.version;
