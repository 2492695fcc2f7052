#!/usr/bin/env bash
# Holds the plan in the folder $1 against the policies: whatever a rule called
# deny says ends the job. It needs opa on the PATH. No policy is a failure too,
# so that a pull request cannot pass by removing them.
set -euo pipefail

out=${1:?usage: ci/policy.sh OUT}

code=0
denied=$(opa eval --fail --format=raw --data policy --input "$out/plan.json" \
  'concat("\n", data.main.deny)') || code=$?
if [ "$code" -ne 0 ]; then
  printf 'The policies could not be asked.\n%s\n' "$denied" >&2
  exit 1
fi
if [ -n "$denied" ]; then
  printf 'The plan is against the policies:\n'
  printf '%s\n' "$denied" | sed 's/^/  - /'
  exit 1
fi
echo 'The plan is within the policies.'
