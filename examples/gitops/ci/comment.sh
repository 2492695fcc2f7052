#!/usr/bin/env bash
# Puts the file $1 on the pull request that a run of the plan workflow was for,
# as one comment that is written anew each time. The file comes from a run that
# a stranger may have changed, so it is data and nothing else: it is cut to the
# size of a comment and never becomes part of a command. Which pull request is
# meant is not taken from it, but asked by the commit that was planned.
#
#   GITHUB_TOKEN, GITHUB_API_URL, GITHUB_REPOSITORY
#   HEAD_OWNER, HEAD_BRANCH, HEAD_SHA   whose branch, its name and its commit
set -euo pipefail

file=${1:?usage: ci/comment.sh FILE}
marker='<!-- herald:plan -->'
author='github-actions[bot]'
api=$GITHUB_API_URL/repos/$GITHUB_REPOSITORY

call() {
  curl --silent --show-error --fail-with-body \
    --header @<(printf 'Authorization: Bearer %s\n' "$GITHUB_TOKEN") \
    --header 'Accept: application/vnd.github+json' --header 'Content-Type: application/json' "$@"
}

number=$(call --get "$api/pulls" --data state=open --data-urlencode "head=$HEAD_OWNER:$HEAD_BRANCH" |
  jq --arg sha "$HEAD_SHA" 'first(.[] | select(.head.sha == $sha) | .number) // empty')
if [ -z "$number" ]; then
  echo 'No open pull request is at the commit that was planned.'
  exit 0
fi

body=$(mktemp)
trap 'rm -f "$body"' EXIT
head -c 1000000 "$file" | jq --raw-input --slurp --arg marker "$marker" --arg sha "$HEAD_SHA" '
  (if startswith($marker) then . else $marker + "\n" + . end)
  | (. + "\n<sub>Of commit " + $sha + ".</sub>\n") as $dated
  | {body: (if ($dated | length) <= 65536 then $dated else .[:65536] end)}' >"$body"

# Only a comment of this workflow's own is written over, whoever else has
# written the marker.
comment='' page=1
while [ -z "$comment" ]; do
  comments=$(call "$api/issues/$number/comments?per_page=100&page=$page")
  comment=$(jq --arg marker "$marker" --arg author "$author" \
    'first(.[] | select(.user.login == $author and (.body | startswith($marker))) | .id) // empty' <<<"$comments")
  [ "$(jq length <<<"$comments")" -eq 100 ] || break
  page=$((page + 1))
done
if [ -n "$comment" ]; then
  call --request PATCH "$api/issues/comments/$comment" --data-binary @"$body" >/dev/null
else
  call --request POST "$api/issues/$number/comments" --data-binary @"$body" >/dev/null
fi
