import type { Architecture } from "./node-binary.ts";
import type { Release } from "./release.ts";

/** Who stands in control files. */
export const MAINTAINER = "Protector maintainers <maintainers@protector.invalid>";

/** What the shipped Node.js is linked to, by `ldd`, and `useradd`. glibc 2.28 is in Debian 10, Ubuntu 18.10. */
const DEPENDS = "libatomic1, libc6 (>= 2.28), libgcc-s1, libstdc++6 (>= 5), passwd";

/** DEBIAN/control. */
export function controlText({
  release,
  architecture,
  installedKib,
}: {
  readonly release: Release;
  readonly architecture: Architecture;
  readonly installedKib: number;
}): string {
  return `Package: protector
Version: ${release.version}
Architecture: ${architecture}
Maintainer: ${MAINTAINER}
Installed-Size: ${installedKib}
Depends: ${DEPENDS}
Suggests: mariadb-server, memcached, rabbitmq-server
Section: net
Priority: optional
Description: disaster recovery for OpenStack
 Protects groups of servers on one OpenStack cloud and brings them up on a
 second, independent one, by steering the replication of storage arrays.
 .
 This package has the services of a site (protector-api, protector-engine), the
 tools of its administrator (protector-manage, protector-status), the protector
 command, and the Node.js ${release.nodeVersion} that they run on.
`;
}

/** changelog.gz of a package that has no upstream but itself. */
export function changelogText({ version, time }: Release): string {
  const date = new Date(time * 1000).toUTCString().replace("GMT", "+0000");
  return `protector (${version}) unstable; urgency=medium

  * Release ${version}.

 -- ${MAINTAINER}  ${date}
`;
}

/** The copyright file: our licence by reference, those of what is shipped in full. */
export function copyrightText(thirdParty: string, nodeLicence: string): string {
  return `Protector is licensed under the Apache License, Version 2.0, which is in
/usr/share/common-licenses/Apache-2.0.

/usr/lib/protector/bin/node is Node.js; its licence is at the end of this file.

${thirdParty}
${"=".repeat(80)}
Node.js

${nodeLicence.trim()}
`;
}
