#!/usr/bin/env bash
# Commits what became of the claimed plan, and pushes it: always, however the
# apply ended, since what was sent has to be known to the next run. It may be
# run twice. What others wrote into the record meanwhile is merged with it.
#
#   HERALD_BRANCH   the branch that holds the record
set -euo pipefail

record=herald.state.json
if [ ! -e "$(git rev-parse --git-path herald-claimed)" ]; then
  echo 'Nothing was claimed, so nothing was sent and there is nothing to record.'
  exit 0
fi

# If herald was killed, the end of what it knew is in its journal, behind the
# first line. It is taken into the record as herald itself does at its end, under
# the lock: as long as the journal holds it, no record can be merged.
if [ -e herald.state.journal ] && [ "$(wc -l <herald.state.journal)" -gt 1 ]; then
  herald state pull | herald state push -lock-timeout=2m -
fi
git add -- "$record"
if ! git diff --cached --quiet; then
  git commit --quiet -m "herald: what was sent [skip ci]"
fi

for pause in 1 2 4 8 15 30; do
  if git push --quiet origin "HEAD:refs/heads/$HERALD_BRANCH"; then
    exit 0
  fi
  sleep "$pause"
  if ! git -c merge.herald.driver='herald state merge %O %A %B %P' pull --quiet --rebase origin "$HERALD_BRANCH"; then
    git rebase --abort 2>/dev/null || true
  fi
done
echo 'What was sent could not be pushed. Run the job again: it asks Instagram what has arrived.' >&2
exit 1
