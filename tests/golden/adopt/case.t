# What exists is taken over: YAML files, and a Deployment in the cluster.
$ sgrc lint files.sgr live.sgr
2 files, 0 errors, 0 warnings
$ sgrc compile files.sgr
apiVersion: v1
kind: ConfigMap
metadata:
  name: web-settings
  namespace: default
data:
  greeting: hello
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: default
  labels:
    app: web
    team: shop
  annotations:
    sgr.streamgate.io/version: "95967cbab7"
    patched: "yes"
spec:
  revisionHistoryLimit: 3
  selector:
    matchLabels:
      app: web
  template:
    metadata:
      labels:
        app: web
        tier: front
    spec:
      containers:
      - name: proxy
        image: shop/proxy:7
      - name: web
        image: shop/web:2
        ports:
        - containerPort: 8080
        readinessProbe:
          httpGet:
            path: /ready
            port: 8080
  replicas: 3
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web-canary
  namespace: default
  labels:
    app: web-canary
    tier: front-canary
    track: canary
    app.kubernetes.io/managed-by: sgr
  annotations:
    sgr.streamgate.io/version: dac2db8dcb
    patched: "yes"
spec:
  revisionHistoryLimit: 3
  selector:
    matchLabels:
      app: web-canary
  template:
    spec:
      containers:
      - name: proxy
        image: shop/proxy:7
      - name: web
        image: shop/web:2
        ports:
        - containerPort: 8080
        readinessProbe:
          httpGet:
            path: /ready
            port: 8080
    metadata:
      labels:
        app: web-canary
        tier: front-canary
        track: canary
  replicas: 0
---
apiVersion: v1
kind: Service
metadata:
  name: web-canary
  namespace: default
  labels:
    app.kubernetes.io/managed-by: sgr
spec:
  selector:
    app: web-canary
    tier: front-canary
    track: canary
  ports:
  - name: http
    port: 80
    targetPort: 8080
---
apiVersion: v1
kind: Service
metadata:
  name: web
  namespace: default
spec:
  selector:
    app: web
    tier: front
  ports:
  - name: http
    port: 80
    targetPort: 8080
    nodePort: 30080
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web
  namespace: default
spec:
  rules:
  - host: shop.example
    http:
      paths:
      - path: /
        pathType: Prefix
        backend:
          service:
            name: web
            port:
              number: 80
$ sgrc compile files.sgr -o $TMP/web.sgb --target bytecode && cd $TMP && sgrc test web.sgb
web.sgb
  pass good
  pass bad
2 passed, 0 failed
$ sgrc compile live.sgr --set image=shop/web:2
# Its Services are looked at, though the script names no port.
$ sgrc compile live.sgr --set image=shop/web:2 --target rbac | grep -A3 -x '  - services'
  - services
  resourceNames:
  - front
  - front-green
--
  - services
  verbs:
  - list
  - watch
$ sgrc compile live.sgr --set image=shop/web:2 --target rbac | sed -n '/resourceNames/,/verbs/p'
  resourceNames:
  - web
  - web-green
  verbs:
  resourceNames:
  - front
  - front-green
  verbs:
  resourceNames:
  - sgr-ship
  - sgr-ship-program
  verbs:
  resourceNames:
  - sgr-ship
  verbs:
$ sgrc test files.sgr live.sgr
files.sgr
  pass good
  pass bad
live.sgr
  pass good
  pass bad
4 passed, 0 failed
$ sgrc run --sim live.sgr --set image=shop/web:2
00:00:00  web: shop/web:stable -> shop/web:2 (blue_green, traffic by service)
00:00:00  step "switch"
00:00:00    scale green to 3
00:00:30    traffic: new 100%, old 0%
00:00:30    guard healthy: pass (requests(new) = 1000/s, error_rate(new) = 0%)
00:00:40    guard healthy: pass (requests(new) = 1000/s, error_rate(new) = 0%)
00:00:50    guard healthy: pass (requests(new) = 1000/s, error_rate(new) = 0%)
00:01:00    guard healthy: pass (requests(new) = 1000/s, error_rate(new) = 0%)
00:01:10    guard healthy: pass (requests(new) = 1000/s, error_rate(new) = 0%)
00:01:20    guard healthy: pass (requests(new) = 1000/s, error_rate(new) = 0%)
00:01:30    guard healthy: pass (requests(new) = 1000/s, error_rate(new) = 0%)
00:01:40    guard healthy: pass (requests(new) = 1000/s, error_rate(new) = 0%)
00:01:50    guard healthy: pass (requests(new) = 1000/s, error_rate(new) = 0%)
00:02:00    guard healthy: pass (requests(new) = 1000/s, error_rate(new) = 0%)
00:02:11    guard healthy: pass (requests(new) = 1000/s, error_rate(new) = 0%)
00:02:21    guard healthy: pass (requests(new) = 1000/s, error_rate(new) = 0%)
00:02:31    guard healthy: pass (requests(new) = 1000/s, error_rate(new) = 0%)
00:02:31    verdict of healthy: pass
00:02:31  step "promote"
00:02:31    promote the new version
00:02:31    traffic: new 100%, old 0%
00:02:41    scale blue to 0
00:02:41  outcome: promoted
took 2m41s238ms of virtual time; 0 of 161238 requests failed for want of a ready pod; downtime 0s
$ sgrc run --sim live.sgr --set image=shop/web:stable | head -1
00:00:00  web: shop/web:previous -> shop/web:stable (blue_green, traffic by service)
# Everything else is said by what is taken over.
$ printf 'workload w { from = deployment("w"); image = "a/b:1"; cpu = 100m .. 1 }\n' | sgrc lint -
error[E0405]: `cpu` has no place beside `from`
 --> <stdin>:1:55
  |
1 | workload w { from = deployment("w"); image = "a/b:1"; cpu = 100m .. 1 }
  |                                                       ^^^
  = help: the Deployment that is taken over says it; `patch = { ... }` changes it

1 file, 1 error, 0 warnings
[1]
$ printf 'param p: string = "x"\nworkload w { from = manifests(p); image = "a/b:1" }\n' | sgrc lint -
error[E0405]: manifests are named by a plain string
 --> <stdin>:2:31
  |
2 | workload w { from = manifests(p); image = "a/b:1" }
  |                               ^
  = help: the files are read when the script is compiled, before it has parameters

1 file, 1 error, 0 warnings
[1]
$ printf 'workload w { from = manifests("nowhere/*.yaml"); image = "a/b:1" }\n' | sgrc lint -
error[E0205]: no file matches nowhere/*.yaml
 --> <stdin>:1:31
  |
1 | workload w { from = manifests("nowhere/*.yaml"); image = "a/b:1" }
  |                               ^^^^^^^^^^^^^^^^

1 file, 1 error, 0 warnings
[1]
$ printf 'kind: Deployment\n' > $TMP/half.yaml; printf "workload w { from = manifests(\"$TMP/half.yaml\"); image = \"a/b:1\" }\n" | sgrc lint - 2>&1 | sed "s|$TMP|TMP|g"
error[E0205]: TMP/half.yaml: document 1 has no apiVersion, kind or name
 --> <stdin>:1:31
  |
1 | workload w { from = manifests("TMP/half.yaml"); image = "a/b:1" }
  |                               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^

1 file, 1 error, 0 warnings
$ printf 'fn f(g: fn(string): object): object = g("x")\nlet x = f(manifests)\nworkload w { image = "a/b:${text(x)}" }\n' | sgrc compile -
sgrc: files are read when a script is compiled: write manifests("k8s/*.yaml") (<stdin>:1)
[1]
# A route that leads elsewhere is not taken for one that has its share; a full name is a name.
$ sgrc test named.sgr astray.sgr
named.sgr
  pass a release
astray.sgr
  pass a release
2 passed, 0 failed
$ sgrc run astray.sgr --scenario "a release"
00:00:00  web: shop/web:stable -> shop/web:2 (canary, traffic by istio)
00:00:00  step "some"
00:00:00    scale canary to 1
00:00:08  failed: VirtualService web has no route to web: no share of the traffic can be moved there
00:00:08  rollback: traffic first
00:00:08    traffic: new 0%, old 100%
00:00:18  outcome: rolled_back
took 18s871ms of virtual time; 0 of 18871 requests failed for want of a ready pod; downtime 0s; traffic was back after 0s
[2]
$ sgrc run named.sgr --scenario "a release" | tail -2
00:01:48  outcome: promoted
took 1m48s6ms of virtual time; 0 of 108006 requests failed for want of a ready pod; downtime 0s
