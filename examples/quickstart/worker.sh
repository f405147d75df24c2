#!/bin/sh
# Works off ten jobs of a second each, then quits with 0, as queue workers do that must not grow old. When it is told to stop it finishes
# the job in its hands first.
leave=no
trap 'leave=yes' TERM
job=0
while [ "$job" -lt 10 ] && [ "$leave" = no ]; do
  job=$((job + 1))
  echo "$DROVER_SLOT: job $job of 10"
  sleep 1 &
  wait $! || wait $!
done
echo "$DROVER_SLOT: finished, $job jobs done"
