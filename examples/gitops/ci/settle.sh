#!/usr/bin/env bash
# Finds out what became of the messages that an earlier run has claimed and not
# recorded, since its runner died or its job was cancelled: their conversations
# are read. What arrived is recorded as sent, what is proven not to have arrived
# belongs to the plan file $1 from now on, and what stays in doubt is not sent
# again, and hinders nobody else.
#
# What a dead runner has claimed can be proven absent half an hour after the
# claim, when nobody can be sending it any more.
set -euo pipefail

plan=${1:?usage: ci/settle.sh PLAN}

# What is claimed without a token waits for half an hour, for nothing.
token=
for name in $(compgen -e HERALD_TOKEN); do
  token+=${!name}
done
if [ -z "$token" ]; then
  echo 'This job was given no HERALD_TOKEN. Nothing was claimed, and nothing was sent.' >&2
  exit 1
fi

code=0
herald reconcile "$plan" || code=$?
case $code in
  0 | 3 | 4) ;;
  *) exit "$code" ;;
esac
