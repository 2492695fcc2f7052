#!/usr/bin/env bash
# Counts what the plan in the folder $1 would do, in the form in which a merge
# request shows the counts of a Terraform plan: $1/widget.json.
set -euo pipefail

out=${1:?usage: ci/widget.sh OUT}

jq '[.resource_changes[].change.actions[]] as $actions
  | {create: "create", update: "update", delete: "delete"}
  | map_values(. as $one | $actions | map(select(. == $one)) | length)' "$out/plan.json" >"$out/widget.json"
