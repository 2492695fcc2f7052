#!/usr/bin/env bash
# Sends what the plan file $1 says, if it is the approved one, and leaves the
# receipt in the folder $2. The token is in the environment, and nowhere else.
#
#   HERALD_DIGEST   the id of the plan that was approved
#
# With exec herald takes this shell's place, so that a cancelled job's signal
# reaches it: then it begins no new call, and records those in flight.
set -euo pipefail

plan=${1:?usage: ci/send.sh PLAN OUT}
out=${2:?usage: ci/send.sh PLAN OUT}
mkdir -p "$out"

exec herald apply -approved="$HERALD_DIGEST" -json-into="$out/receipt.json" \
  -markdown -budget=1000000 "$plan" >"$out/receipt.md"
