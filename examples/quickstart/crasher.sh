#!/bin/sh
# Lives for 5 to 20 seconds, then fails.
seconds=$(awk 'BEGIN { srand(); print 5 + int(rand() * 16) }')
echo "will crash in $seconds seconds"
sleep "$seconds"
echo "cannot reach the database" >&2
exit 3
