#!/usr/bin/env bash
# Checks the configuration and plans what is still to be sent. It needs no
# token and no network, but herald and jq on the PATH. The folder $1 then holds:
#
#   plan.md       for a comment, which takes 65,536 characters
#   summary.md    for the job's summary, which takes a mebibyte
#   plan.html     each conversation as the person will see it
#   plan.json     for policies
#   digest        the plan's id: who approves it approves exactly this
#   changes       true, or false if there is nothing to do
#   herald.plan   the plan itself, for apply; it holds message texts
set -euo pipefail

out=${1:?usage: ci/plan.sh OUT}
mkdir -p "$out"

# If there is no plan, an older comment must not go on speaking for this one.
printf '%s\n' '<!-- herald:plan -->' '### Herald has made no plan.' '' \
  'The configuration is not in order: the log of the check says why.' >"$out/plan.md"
cp "$out/plan.md" "$out/summary.md"

herald fmt -check -diff
herald validate

changes=false code=0
herald plan -detailed-exitcode -out="$out/herald.plan" -expires="${HERALD_EXPIRES:-72h}" \
  -json-into="$out/plan.json" || code=$?
case $code in
  0) ;;
  2) changes=true ;;
  *) exit "$code" ;;
esac
herald plan -html >"$out/plan.html"
herald plan -markdown -budget=1000000 >"$out/summary.md"
herald plan -markdown -budget=65000 >"$out/plan.md"

jq --raw-output .plan_id "$out/plan.json" >"$out/digest"
printf '%s\n' "$changes" >"$out/changes"
