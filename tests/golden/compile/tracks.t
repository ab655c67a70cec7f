# The state at rest and after a step, in each mode.
$ sgrc compile ../../../examples/blue_green.sgr --set image=a/b:1 | grep -E '^kind|  name:|replicas:|    track'
kind: Deployment
  name: gateway-blue
    track: blue
      track: blue
        track: blue
            track: blue
  replicas: 3
kind: Deployment
  name: gateway-green
    track: green
      track: green
        track: green
            track: green
  replicas: 0
kind: Service
  name: gateway
    track: blue
kind: Service
  name: gateway-blue
    track: blue
kind: Service
  name: gateway-green
    track: green
$ sgrc compile ../../../examples/canary.sgr --set image=a/b:1 --at smoke | grep -E '^kind|^  name:|replicas:|canary-weight'
kind: Deployment
  name: gateway
  replicas: 3
kind: Deployment
  name: gateway-canary
  replicas: 1
kind: Ingress
  name: gateway
kind: Ingress
  name: gateway-canary
    nginx.ingress.kubernetes.io/canary-weight: "5"
kind: PodDisruptionBudget
  name: gateway
kind: ServiceAccount
  name: gateway
kind: Service
  name: gateway
kind: Service
  name: gateway-canary
kind: Service
  name: gateway-stable
$ sgrc compile ../../../examples/canary.sgr --set image=a/b:1 --at nowhere
sgrc: the rollout has no step `nowhere`, or did not reach it
[1]
# An autoscaler's floor is raised while the rollout needs it, and is its own again behind it.
$ for step in small half promote; do sgrc compile ../../../examples/streamgate/hpa/autoscale.sgr --set image=a/b:1 --at $step | sed -n '/name: gateway-canary$/,/maxReplicas/p' | grep -E 'bounds|minReplicas'; done
  minReplicas: 3
    sgr.streamgate.io/bounds: "1..10"
  minReplicas: 1
  minReplicas: 3
    sgr.streamgate.io/bounds: "1..10"
  minReplicas: 2
  minReplicas: 3
  minReplicas: 1
