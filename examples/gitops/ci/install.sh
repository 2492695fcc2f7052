#!/usr/bin/env bash
# Builds herald, at the version that the pipeline names, into the folder $1.
#
#   HERALD_SOURCE    the repository of Herald
#   HERALD_VERSION   a tag or, better, a commit: a tag can be moved
set -euo pipefail

bin=${1:?usage: ci/install.sh BIN}
mkdir -p "$bin"
bin=$(cd "$bin" && pwd)
source=$(mktemp -d)
trap 'rm -rf "$source"' EXIT

git clone --quiet --no-checkout -- "$HERALD_SOURCE" "$source"
git -C "$source" -c advice.detachedHead=false checkout --quiet --detach "$HERALD_VERSION"
cd "$source"
go build -o "$bin/herald" .
"$bin/herald" version
