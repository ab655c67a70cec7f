# A Rollout in the place of the Deployments, with the steps that a healthy run takes, and a template for each guard.
$ sgrc compile --target argo shop.sgr --rollout ship
apiVersion: v1
kind: Service
metadata:
  name: api
  namespace: shop
  labels:
    app: api
    app.kubernetes.io/managed-by: sgr
spec:
  selector:
    app: api
  ports:
  - name: http
    port: 8080
    targetPort: http
---
apiVersion: v1
kind: Service
metadata:
  name: api-stable
  namespace: shop
  labels:
    app: api
    app.kubernetes.io/managed-by: sgr
spec:
  selector:
    app: api
    track: stable
  ports:
  - name: http
    port: 8080
    targetPort: http
---
apiVersion: v1
kind: Service
metadata:
  name: api-canary
  namespace: shop
  labels:
    app: api
    app.kubernetes.io/managed-by: sgr
spec:
  selector:
    app: api
    track: canary
  ports:
  - name: http
    port: 8080
    targetPort: http
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: api
  namespace: shop
  labels:
    app: api
    app.kubernetes.io/managed-by: sgr
spec:
  scaleTargetRef:
    apiVersion: argoproj.io/v1alpha1
    kind: Rollout
    name: api
  minReplicas: 4
  maxReplicas: 8
  metrics:
  - type: Resource
    resource:
      name: cpu
      target:
        type: Utilization
        averageUtilization: 60
---
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: sgr-alerts
  namespace: shop
  labels:
    app.kubernetes.io/managed-by: sgr
spec:
  groups:
  - name: sgr-alerts
    rules:
    - alert: queue_is_long
      expr: max(queue_lag_seconds) > 120
      for: 10m
      labels:
        severity: page
      annotations:
        runbook_url: https://runbooks.example/queue
---
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata:
  name: fine
  namespace: shop
spec:
  args:
  - name: count
    value: "6"
  metrics:
  - name: fine
    interval: 10s
    count: "{{args.count}}"
    successCondition: len(result) > 0 && result[0] == 0
    failureCondition: len(result) > 0 && result[0] == 1
    failureLimit: 3
    inconclusiveLimit: 30
    provider:
      prometheus:
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
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata:
  name: api
  namespace: shop
spec:
  replicas: 4
  selector:
    matchLabels:
      app: api
  template:
    metadata:
      labels:
        app: api
        app.kubernetes.io/managed-by: sgr
    spec:
      containers:
      - name: api
        image: shop/api:1
        ports:
        - name: http
          containerPort: 8080
        lifecycle:
          preStop:
            sleep:
              seconds: 10
      terminationGracePeriodSeconds: 30
      topologySpreadConstraints:
      - maxSkew: 1
        topologyKey: kubernetes.io/hostname
        whenUnsatisfiable: ScheduleAnyway
        labelSelector:
          matchLabels:
            app: api
  progressDeadlineSeconds: 300
  progressDeadlineAbort: true
  strategy:
    canary:
      canaryMetadata:
        labels:
          track: canary
      stableMetadata:
        labels:
          track: stable
      steps:
      - setWeight: 50
      - analysis:
          templates:
          - templateName: fine
          args:
          - name: count
            value: "6"
      - pause:
          duration: 30s
# The query of a template is 0, 1 or nothing.
$ sgrc compile --target argo shop.sgr --rollout ship -o $TMP/argo.yaml && python3 verdict.py $TMP/argo.yaml >$TMP/verdict.yaml && promtool test rules $TMP/verdict.yaml | tail -2
  SUCCESS

# Blue-green and rolling.
$ sgrc compile -q --target argo ../../../examples/blue_green.sgr --set image=a/b:1 | sed -n '/^  strategy:/,$p'
  strategy:
    blueGreen:
      activeService: gateway
      previewService: gateway-green
      activeMetadata:
        labels:
          track: blue
      previewMetadata:
        labels:
          track: green
      autoPromotionEnabled: true
      scaleDownDelaySeconds: 130
      postPromotionAnalysis:
        templates:
        - templateName: serving-active
        args:
        - name: count
          value: "24"
$ sgrc compile --target argo ../../../examples/rolling.sgr --set image=a/b:1 | sed -n '/^  strategy:/,$p'
  strategy:
    canary:
      maxSurge: 25%
      maxUnavailable: 0
      steps:
      - setWeight: 50
      - analysis:
          templates:
          - templateName: healthy
          args:
          - name: count
            value: "6"
$ sgrc compile --target argo ../../../examples/canary.sgr --set image=a/b:1 | sed -n '/^  strategy:/,$p'
  strategy:
    canary:
      canaryMetadata:
        labels:
          track: canary
      stableMetadata:
        labels:
          track: stable
      canaryService: gateway-canary
      stableService: gateway
      trafficRouting:
        nginx:
          stableIngress: gateway
      steps:
      - setWeight: 5
      - pause:
          duration: 60s
      - analysis:
          templates:
          - templateName: healthy
          args:
          - name: count
            value: "6"
      - setWeight: 10
      - analysis:
          templates:
          - templateName: healthy
          args:
          - name: count
            value: "12"
      - setWeight: 25
      - analysis:
          templates:
          - templateName: healthy
          args:
          - name: count
            value: "12"
      - setWeight: 50
      - analysis:
          templates:
          - templateName: healthy
          args:
          - name: count
            value: "12"
      - setWeight: 75
      - analysis:
          templates:
          - templateName: healthy
          args:
          - name: count
            value: "12"
      - pause: {}
$ sgrc compile --target argo ../../../examples/autoscale.sgr --set image=a/b:1 | grep -A3 -E 'argetRef|plugins'
  scaleTargetRef:
    apiVersion: argoproj.io/v1alpha1
    kind: Rollout
    name: gateway
--
  targetRef:
    apiVersion: argoproj.io/v1alpha1
    kind: Rollout
    name: gateway
--
        plugins:
          argoproj-labs/gatewayAPI:
            httpRoute: gateway
            namespace: streamgate
$ sgrc compile -q --target argo ../../../examples/streamgate/blue-green/gateway.sgr --set image=a/b:1
sgrc: the script has several rollouts; say which with --rollout NAME
[1]
# A guard with parameters is refused, and nothing is left out.
$ sgrc compile --target argo shop.sgr --rollout limited
sgrc: guard `with-limit` has parameters, which this target cannot express
[1]
