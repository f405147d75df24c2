#!/bin/sh
# Stands in for the shim (`DROVER_SHIM` names it) and runs the real one under valgrind. An error of memory or a definite leak becomes the
# exit code 99 and a report in $VALGRIND_LOGS, or on standard error. The command itself runs without valgrind.
root=$(cd "$(dirname "$0")/../.." && pwd)
logs=${VALGRIND_LOGS:-}
exec valgrind --quiet --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite \
  --trace-children=no --child-silent-after-fork=yes ${logs:+"--log-file=$logs/%p.log"} \
  "$root/native/build/drover-shim" "$@"
