#!/usr/bin/env bash
# Claims the plan file $1: every send of it is recorded as intended, and that
# is pushed, before anything is sent. If this runner dies, git knows what may
# have been sent. If somebody else has written the record meanwhile, the claim
# is theirs: this job stops, and has sent nothing.
#
#   HERALD_BRANCH   the branch that holds the record
set -euo pipefail

plan=${1:?usage: ci/claim.sh PLAN}
record=herald.state.json
base=$(git rev-parse HEAD)

# ours notes for ci/outcome.sh that there will be something to push.
ours() {
  touch "$(git rev-parse --git-path herald-claimed)"
  exit 0
}

herald apply -prepare "$plan"
git add -- "$record"
git commit --quiet --allow-empty -m "herald: a plan is about to be sent [skip ci]"

for _ in 1 2 3 4 5; do
  if git push --quiet origin "HEAD:refs/heads/$HERALD_BRANCH"; then
    ours
  fi
  git fetch --quiet origin "$HERALD_BRANCH"
  tip=$(git rev-parse FETCH_HEAD)
  if [ "$tip" = "$(git rev-parse HEAD)" ]; then
    ours # the push arrived, and only its answer was lost
  fi
  if [ "$tip" = "$base" ]; then
    echo 'The branch takes no push from this job. Nothing was sent.' >&2
    exit 1
  fi
  if ! git diff --quiet "$base" "$tip" -- "$record" ||
    [ -n "$(git log --fixed-strings --grep='herald: ' "$base..$tip")" ]; then
    echo 'Another run has written the record since. Nothing was sent: run all jobs again.' >&2
    exit 1
  fi
  # Only other files have changed: the claim goes on top of them.
  git rebase --quiet "$tip"
  base=$tip
done
echo 'The branch moves too fast. Nothing was sent: run the job again.' >&2
exit 1
