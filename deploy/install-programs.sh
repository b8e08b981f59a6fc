#!/bin/sh
# Puts the programs of this checkout on the path: small scripts that start them with the Node.js of its packages.
# Usage: deploy/install-programs.sh [DIRECTORY]    (default: /usr/local/bin)
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
directory=${1:-/usr/local/bin}
mkdir -p "$directory"

install_program() {
  printf '#!/bin/sh\nexec "%s/node_modules/.bin/node" "%s/packages/%s" "$@"\n' "$root" "$root" "$2" >"$directory/$1"
  chmod 755 "$directory/$1"
  echo "$directory/$1"
}

for name in protector-api protector-engine protector-manage protector-status; do
  install_program "$name" "server/bin/$name.ts"
done
install_program protector cli/bin/protector.ts
