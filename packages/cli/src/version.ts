import manifest from "../package.json" with { type: "json" };

/** The release, as `protector --version` prints it. */
export const VERSION: string = manifest.version;
