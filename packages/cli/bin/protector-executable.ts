import { main } from "../src/main.ts";

// Where the single executable starts: its script is CommonJS, which cannot wait at the top, and holds V8's code cache.
main().then((code) => {
  process.exitCode = code;
});
