# A Canary over the Deployment; weights where the traffic can be split, iterations where not.
$ sgrc compile --target flagger shop.sgr --rollout ship | sed -n '/^kind: MetricTemplate/,$p'
kind: MetricTemplate
metadata:
  name: fine
  namespace: shop
spec:
  provider:
    type: prometheus
    address: http://prometheus:9090
  query: |-
    0 * count(((sum(rate(requests_total{track="canary"}[1m]))) >= 5)
      and on () (((sum(rate(errors_total{track="canary"}[1m])) / sum(rate(requests_total{track="canary"}[1m]))) < 0.02) and on () ((sum(rate(errors_total{track="canary"}[1m])) / sum(rate(requests_total{track="canary"}[1m]))) <= on () ((sum(rate(errors_total{track="stable"}[1m])) / sum(rate(requests_total{track="stable"}[1m]))) * 2)))
      and on () (((max(queue_lag_seconds)) <= 30) or on () ((max(queue_lag_seconds)) < 60)))
    or
    1 + 0 * count(((sum(rate(requests_total{track="canary"}[1m]))) >= 5)
      and on () ((((sum(rate(errors_total{track="canary"}[1m])) / sum(rate(requests_total{track="canary"}[1m]))) >= 0.02) or on () ((sum(rate(errors_total{track="canary"}[1m])) / sum(rate(requests_total{track="canary"}[1m]))) > on () ((sum(rate(errors_total{track="stable"}[1m])) / sum(rate(requests_total{track="stable"}[1m]))) * 2)))
        or on () (((max(queue_lag_seconds)) > 30) and on () ((max(queue_lag_seconds)) >= 60))))
---
apiVersion: flagger.app/v1beta1
kind: Canary
metadata:
  name: api
  namespace: shop
spec:
  provider: kubernetes
  targetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: api
  progressDeadlineSeconds: 300
  service:
    port: 8080
    targetPort: http
  analysis:
    interval: 60s
    threshold: 4
    iterations: 1
    metrics:
    - name: fine
      templateRef:
        name: fine
        namespace: shop
      thresholdRange:
        max: 0
      interval: 10s
$ sgrc compile --target flagger shop.sgr --rollout ship | grep -E '^kind|^  name:'
kind: Deployment
  name: api
kind: HorizontalPodAutoscaler
  name: api
kind: PrometheusRule
  name: sgr-alerts
kind: MetricTemplate
  name: fine
kind: Canary
  name: api
$ sgrc compile --target flagger ../../../examples/canary.sgr --set image=a/b:1 | sed -n '/^kind: Canary/,$p'
kind: Canary
metadata:
  name: gateway
  namespace: streamgate
spec:
  provider: nginx
  targetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: gateway
  progressDeadlineSeconds: 300
  ingressRef:
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    name: gateway
  service:
    port: 8080
    targetPort: http
  analysis:
    interval: 60s
    threshold: 3
    stepWeights:
    - 5
    - 10
    - 25
    - 50
    - 75
    metrics:
    - name: healthy
      templateRef:
        name: healthy
        namespace: streamgate
      thresholdRange:
        max: 0
      interval: 10s
$ sgrc compile -q --target flagger ../../../examples/blue_green.sgr --set image=a/b:1 | sed -n '/^  analysis:/,$p'
  analysis:
    interval: 60s
    threshold: 3
    iterations: 1
    metrics:
    - name: serving
      templateRef:
        name: serving
        namespace: streamgate
      thresholdRange:
        max: 0
      interval: 5s
$ sgrc compile -q --target flagger ../../../examples/autoscale.sgr --set image=a/b:1 | grep provider
  provider:
  provider: gatewayapi:v1
