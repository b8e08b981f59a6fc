#!/usr/bin/env node
import { openPair } from "../clouds/pair.ts";
import { installProtector } from "./install-protector.ts";

/* Installs Protector on a pair of clouds that is up, as docs/install.md says. `PROTECTOR_OPENSTACK_PAIR` names the pair. */

await installProtector(openPair(), (stage) => process.stdout.write(`${stage}\n`));
