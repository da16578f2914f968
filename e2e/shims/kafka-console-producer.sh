#!/bin/sh
# Stand-in for the tool of this name; see kafka-shim.ts.
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
exec "$here/../../scripts/node" --disable-warning=TimeoutNegativeWarning "$here/kafka-shim.ts" "$(basename -- "$0")" "$@"
