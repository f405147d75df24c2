#!/bin/sh
# Says something ten times a second.
line=0
while :; do
  line=$((line + 1))
  echo "line $line: all is well on $DROVER_NODE"
  sleep 0.1
done
