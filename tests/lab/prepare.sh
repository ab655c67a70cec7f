# shellcheck shell=bash
# Sourced by `run` and `scale`: the lab's parts are built, KWOK and its nodes go, Prometheus runs. Needs `with`.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
PATH=$PATH:/usr/sbin
type -P nginx >/dev/null || { echo "lab: nginx is not installed" >&2; exit 77; }
go=$("$here/../cluster/go") || { status=$?; echo "lab: so its programs cannot be built" >&2; exit "$status"; }
export SGR_LAB_PARTS=$SGR_TEST_CLUSTER/run/lab
export PATH=$go:$PATH GOTOOLCHAIN=local
(cd "$here/parts" && CGO_ENABLED=0 GOWORK=off go build -buildvcs=false -o "$SGR_LAB_PARTS" .)
"$here/../cluster/part" "$SGR_TEST_CLUSTER" stop kwok
"$SGR_TEST_KUBECTL" --kubeconfig "$KUBECONFIG" delete nodes --all >/dev/null
"$here/../cluster/prometheus" "$SGR_TEST_CLUSTER"
# shellcheck source=/dev/null
source "$SGR_TEST_CLUSTER/env"
