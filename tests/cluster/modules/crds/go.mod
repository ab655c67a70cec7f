// The modules whose published CustomResourceDefinitions tests/cluster/crds installs. No Go code is
// built from them. Not kept by "go mod tidy", which would drop them all.
module sgr.test/cluster/crds

go 1.26.1

require (
	github.com/argoproj/argo-rollouts v1.10.1
	github.com/fluxcd/flagger v1.36.1
	github.com/prometheus-operator/prometheus-operator v0.85.0
	istio.io/api v1.31.4
	k8s.io/autoscaler/vertical-pod-autoscaler v1.8.1
	sigs.k8s.io/gateway-api v1.6.3
)
