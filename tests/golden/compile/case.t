# Every attribute, every kind of block, loops and conditions around declarations and entries.
$ sgrc compile everything.sgr
apiVersion: v1
kind: Namespace
metadata:
  name: shop
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: api
  namespace: shop
  labels:
    app: api
    app.kubernetes.io/managed-by: sgr
    team: checkout
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: api-config
  namespace: shop
  labels:
    app: api
    app.kubernetes.io/managed-by: sgr
    team: checkout
data:
  app.yaml: |-
    name: api
    ready: "yes"
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: api
  namespace: shop
  labels:
    app: api
    app.kubernetes.io/managed-by: sgr
    team: checkout
spec:
  minAvailable: 2
  selector:
    matchLabels:
      app: api
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: api
  namespace: shop
  labels:
    app: api
    app.kubernetes.io/managed-by: sgr
    team: checkout
  annotations:
    sgr.streamgate.io/version: c8b8e73789
spec:
  selector:
    matchLabels:
      app: api
  template:
    metadata:
      labels:
        app: api
        app.kubernetes.io/managed-by: sgr
        team: checkout
      annotations:
        note: a "quoted" word
        sgr.streamgate.io/config: "984302affc7ff681"
        prometheus.io/scrape: "true"
        prometheus.io/port: "9090"
    spec:
      serviceAccountName: api
      containers:
      - name: api
        image: shop/api:1.0.0
        command:
        - /bin/api
        args:
        - --verbose
        - "on"
        ports:
        - name: http
          containerPort: 8080
        - name: metrics
          containerPort: 9090
        env:
        - name: LEVEL
          value: info
        - name: WORKERS
          value: "4"
        - name: FAST
          value: "true"
        - name: LIMIT
          value: 512Mi
        - name: WAIT
          value: 30s
        - name: URL
          valueFrom:
            secretKeyRef:
              name: api
              key: url
        resources:
          requests:
            cpu: 100m
            memory: 256Mi
            ephemeral-storage: 1Gi
          limits:
            cpu: 500m
            memory: 1Gi
            ephemeral-storage: 2Gi
        readinessProbe:
          httpGet:
            path: /ready
            port: http
          periodSeconds: 5
          timeoutSeconds: 1
          failureThreshold: 3
        livenessProbe:
          tcpSocket:
            port: http
          periodSeconds: 10
          timeoutSeconds: 1
          failureThreshold: 5
        startupProbe:
          exec:
            command:
            - /bin/true
          periodSeconds: 2
          timeoutSeconds: 1
          failureThreshold: 3
          initialDelaySeconds: 1
        lifecycle:
          preStop:
            sleep:
              seconds: 5
        volumeMounts:
        - name: data
          mountPath: /data
        - name: tmp
          mountPath: /tmp
        - name: tls
          mountPath: /tls
        - name: etc-more
          mountPath: /etc/more
        - name: config
          mountPath: /etc/config
          readOnly: true
      terminationGracePeriodSeconds: 25
      topologySpreadConstraints:
      - maxSkew: 1
        topologyKey: kubernetes.io/hostname
        whenUnsatisfiable: ScheduleAnyway
        labelSelector:
          matchLabels:
            app: api
      volumes:
      - name: data
        persistentVolumeClaim:
          claimName: api-data
      - name: tmp
        emptyDir: {}
      - name: tls
        secret:
          secretName: api-tls
      - name: etc-more
        configMap:
          name: more
      - name: config
        configMap:
          name: api-config
  revisionHistoryLimit: 3
---
apiVersion: v1
kind: Service
metadata:
  name: api
  namespace: shop
  labels:
    app: api
    app.kubernetes.io/managed-by: sgr
    team: checkout
spec:
  selector:
    app: api
  ports:
  - name: http
    port: 8080
    targetPort: http
  - name: metrics
    port: 9090
    targetPort: metrics
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: worker-a
  namespace: shop
  labels:
    app: worker-a
    app.kubernetes.io/managed-by: sgr
  annotations:
    sgr.streamgate.io/version: fabeeb3449
spec:
  selector:
    matchLabels:
      app: worker-a
  template:
    metadata:
      labels:
        app: worker-a
        app.kubernetes.io/managed-by: sgr
    spec:
      containers:
      - name: worker-a
        image: shop/worker:2.0.0
        env:
        - name: PRIMARY
          value: "yes"
        lifecycle:
          preStop:
            sleep:
              seconds: 10
      terminationGracePeriodSeconds: 30
  replicas: 2
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: worker-b
  namespace: shop
  labels:
    app: worker-b
    app.kubernetes.io/managed-by: sgr
  annotations:
    sgr.streamgate.io/version: "89036eb1f1"
spec:
  selector:
    matchLabels:
      app: worker-b
  template:
    metadata:
      labels:
        app: worker-b
        app.kubernetes.io/managed-by: sgr
    spec:
      containers:
      - name: worker-b
        image: shop/worker:2.0.0
        env:
        - name: PRIMARY
          value: "no"
        lifecycle:
          preStop:
            sleep:
              seconds: 10
      terminationGracePeriodSeconds: 30
  replicas: 2
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: api
  namespace: shop
  labels:
    app: api
    app.kubernetes.io/managed-by: sgr
    team: checkout
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: api
  minReplicas: 4
  maxReplicas: 12
  metrics:
  - type: Resource
    resource:
      name: cpu
      target:
        type: Utilization
        averageUtilization: 70
  - type: Resource
    resource:
      name: memory
      target:
        type: Utilization
        averageUtilization: 80
  - type: Pods
    pods:
      metric:
        name: http_requests_per_second
      target:
        type: AverageValue
        averageValue: "100"
  behavior:
    scaleUp:
      stabilizationWindowSeconds: 0
      policies:
      - type: Percent
        value: 100
        periodSeconds: 15
    scaleDown:
      stabilizationWindowSeconds: 300
      policies:
      - type: Pods
        value: 2
        periodSeconds: 60
---
apiVersion: autoscaling.k8s.io/v1
kind: VerticalPodAutoscaler
metadata:
  name: api
  namespace: shop
  labels:
    app: api
    app.kubernetes.io/managed-by: sgr
    team: checkout
spec:
  targetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: api
  updatePolicy:
    updateMode: Initial
  resourcePolicy:
    containerPolicies:
    - containerName: api
      minAllowed:
        cpu: 100m
        memory: 128Mi
      maxAllowed:
        cpu: "1"
        memory: 1Gi
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
    - alert: api_down
      expr: absent(up{job="api"})
      for: 2m
      labels:
        severity: page
        team: checkout
      annotations:
        summary: no api is up
        runbook_url: https://runbooks.example/api
---
apiVersion: v1
kind: ResourceQuota
metadata:
  name: quota
  namespace: shop
spec:
  hard:
    pods: 50
    requests.cpu: 20
    limits.memory: 64Gi
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: extra
  namespace: shop
data:
  "on": "yes"
---
apiVersion: v1
kind: Secret
metadata:
  name: empty
  namespace: shop
# A parameter of another type, from the command line, the environment and a file; --set wins.
$ sgrc compile everything.sgr --set 'zones=["c"]' | grep 'name: worker'
  name: worker-c
      - name: worker-c
$ SGR_PARAM_image=shop/api:env sgrc compile everything.sgr | grep 'image: shop/api'
        image: shop/api:env
$ echo 'image: shop/api:file' > $TMP/v.yaml; SGR_PARAM_image=shop/api:env sgrc compile everything.sgr --values $TMP/v.yaml --set image=shop/api:set | grep 'image: shop/api'
        image: shop/api:set
# A folder of ordered files, a file, bytecode; and the bytecode compiles to the same.
$ sgrc compile everything.sgr -o $TMP/out/ && ls $TMP/out
001-namespace-shop.yaml
002-serviceaccount-api.yaml
003-configmap-api-config.yaml
004-poddisruptionbudget-api.yaml
005-deployment-api.yaml
006-service-api.yaml
007-deployment-worker-a.yaml
008-deployment-worker-b.yaml
009-horizontalpodautoscaler-api.yaml
010-verticalpodautoscaler-api.yaml
011-prometheusrule-sgr-alerts.yaml
012-resourcequota-quota.yaml
013-configmap-extra.yaml
014-secret-empty.yaml
$ sgrc compile everything.sgr -o $TMP/one.yaml && sgrc compile everything.sgr | cmp - $TMP/one.yaml
$ sgrc compile everything.sgr --target bytecode -o $TMP/e.sgb && cp extra-one.yaml $TMP && sgrc compile $TMP/e.sgb | cmp - $TMP/one.yaml
$ sgrc compile everything.sgr --target helm
sgrc: unknown target `helm`; there are plain, bytecode, prometheus, grafana, argo, flagger, job and rbac
[1]
$ sgrc compile everything.sgr --set images=x
sgrc: the script has no parameter `images`; did you mean `image`?
[1]
$ sgrc compile everything.sgr --set zones=3
sgrc: parameter `zones` wants a list<string>, not `3`
[1]
$ printf 'manifests "none-*.yaml"\n' > $TMP/m.sgr; sgrc compile $TMP/m.sgr 2>&1 | sed "s|$TMP/||"
error[E0205]: no file matches none-*.yaml
 --> m.sgr:1:11
  |
1 | manifests "none-*.yaml"
  |           ^^^^^^^^^^^^^

$ sgrc compile ../../../examples/canary.sgr --target rbac --set image=a/b:2 -n shop
apiVersion: v1
kind: ServiceAccount
metadata:
  name: sgr-ship
  namespace: shop
  labels:
    app.kubernetes.io/managed-by: sgr
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: sgr-ship
  namespace: shop
  labels:
    app.kubernetes.io/managed-by: sgr
rules:
- apiGroups:
  - ""
  resources:
  - serviceaccounts
  resourceNames:
  - gateway
  verbs:
  - get
  - patch
  - create
  - delete
- apiGroups:
  - policy
  resources:
  - poddisruptionbudgets
  resourceNames:
  - gateway
  verbs:
  - get
  - patch
  - create
  - delete
- apiGroups:
  - apps
  resources:
  - deployments
  resourceNames:
  - gateway
  - gateway-canary
  verbs:
  - get
  - patch
  - create
  - delete
- apiGroups:
  - ""
  resources:
  - services
  resourceNames:
  - gateway
  - gateway-stable
  - gateway-canary
  verbs:
  - get
  - patch
  - create
  - delete
- apiGroups:
  - networking.k8s.io
  resources:
  - ingresses
  resourceNames:
  - gateway
  - gateway-canary
  verbs:
  - get
  - patch
  - create
  - delete
- apiGroups:
  - autoscaling
  resources:
  - horizontalpodautoscalers
  verbs:
  - list
  - watch
  - get
  - patch
- apiGroups:
  - apps
  resources:
  - deployments
  verbs:
  - list
  - watch
- apiGroups:
  - ""
  resources:
  - services
  verbs:
  - list
  - watch
- apiGroups:
  - networking.k8s.io
  resources:
  - ingresses
  verbs:
  - list
  - watch
- apiGroups:
  - ""
  resources:
  - configmaps
  verbs:
  - create
- apiGroups:
  - ""
  resources:
  - configmaps
  resourceNames:
  - sgr-ship
  - sgr-ship-program
  verbs:
  - get
  - patch
  - delete
- apiGroups:
  - coordination.k8s.io
  resources:
  - leases
  verbs:
  - create
- apiGroups:
  - coordination.k8s.io
  resources:
  - leases
  resourceNames:
  - sgr-ship
  verbs:
  - get
  - patch
  - delete
- apiGroups:
  - ""
  resources:
  - events
  verbs:
  - create
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: sgr-ship
  namespace: shop
  labels:
    app.kubernetes.io/managed-by: sgr
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: sgr-ship
subjects:
- kind: ServiceAccount
  name: sgr-ship
  namespace: shop
