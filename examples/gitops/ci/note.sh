#!/usr/bin/env bash
# Puts the file $1 on the merge request, as one note that is written anew each
# time. Without a token it does nothing: a merge request from a fork has none.
#
#   HERALD_NOTE_TOKEN   a project access token: role Reporter, scope api
set -euo pipefail

file=${1:?usage: ci/note.sh FILE}
marker='<!-- herald:plan -->'
if [ -z "${HERALD_NOTE_TOKEN:-}" ]; then
  echo 'There is no token for a note; the plan is among the artifacts.'
  exit 0
fi

call() {
  curl --silent --show-error --fail-with-body \
    --header @<(printf 'PRIVATE-TOKEN: %s\n' "$HERALD_NOTE_TOKEN") "$@"
}

notes=$CI_API_V4_URL/projects/$CI_PROJECT_ID/merge_requests/$CI_MERGE_REQUEST_IID/notes
author=$(call "$CI_API_V4_URL/user" | jq .id)
note='' page=1
while [ -z "$note" ]; do
  found=$(call "$notes?per_page=100&page=$page")
  note=$(jq --arg marker "$marker" --argjson author "$author" \
    'first(.[] | select(.author.id == $author and (.body | startswith($marker))) | .id) // empty' <<<"$found")
  [ "$(jq length <<<"$found")" -eq 100 ] || break
  page=$((page + 1))
done
if [ -n "$note" ]; then
  call --request PUT "$notes/$note" --data-urlencode "body@$file" >/dev/null
else
  call --request POST "$notes" --data-urlencode "body@$file" >/dev/null
fi
