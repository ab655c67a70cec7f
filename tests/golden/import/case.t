$ sgrc import deployment.yaml | sed 's,^#,  #,'
  ## Deployment web-api, taken over by `sgrc import`.

  # What this script does not say:
  # - a measure of health: there is none yet; write a metric and a guard, and `check` it before `promote`

param image: image

cluster {
  namespace = "shop"
}

workload web_api {
  name     = "web-api"
  from     = manifests("deployment.yaml")
  image    = image
  replicas = 4
}

rollout ship of web_api {
  mode        = rolling
  surge       = 1
  unavailable = 25%
  deadline    = 30m
  patience    = 2m

  steps {
    step "everything" {
      promote
    }
  }
}

scenario "a good release" {
  run ship with { image = "registry:5000/shop/web:next" }
  expect outcome == promoted
}
$ sgrc import deployment.yaml > $TMP/web.sgr && cp deployment.yaml $TMP && sgrc lint -q $TMP/web.sgr 2>&1 | sed s,$TMP,TMP,; sgrc test -q $TMP/web.sgr
warning[W0604]: nothing looks at the new version before it is promoted
  --> TMP/web.sgr:28:7
   |
28 |       promote
   |       ^^^^^^^
   = help: write `shift 10%` and `check GUARD` before it

1 passed, 0 failed
$ sgrc import rollout.yaml -o $TMP/rollout/ | sed s,$TMP,TMP,
TMP/rollout/shop.sgr
$ cat $TMP/rollout/shop.sgr | sed 's,^#,  #,'
  ## Rollout shop, taken over by `sgrc import`.

  # The first run installs the Deployment beside the Rollout; then delete the Rollout.

  # What this script does not say:
  # - the step setHeaderRoute: see the verbs of docs/stdlib.md
  # - the analysis elsewhere, which is not in the files
  # - the metric odd of latency: its condition is no comparison with a number: all(result, {# < 1})
  # - the metric smoke of by-hand: it does not ask Prometheus

param image: image

cluster {
  namespace  = "market"
  prometheus = "http://prometheus.example:9090"
}

workload shop {
  from     = manifests("shop.yaml")
  image    = image
  replicas = 5
}

metric success_rate_now(t: track) {
  promql = """
    sum(rate(http_requests_total{service="${t.service}",code!~"5.."}[1m]))
    / sum(rate(http_requests_total{service="${t.service}"}[1m]))
  """
}

metric p99() {
  promql = """histogram_quantile(0.99, sum by (le) (rate(seconds_bucket{app="shop"}[2m])))"""
}

guard success_rate {
  every      = 1m
  for        = 3m
  fail_after = 2
  require success_rate_now(new) >= 0.95
}

guard latency {
  every      = 30s
  for        = 30s
  fail_after = 1
  require p99() <= 0.5
}

rollout ship of shop {
  mode     = canary
  traffic  = nginx(ingress = "shop")
  deadline = 1h
  patience = 3m
  drain    = 45s

  steps {
    step "before" {
      scale new to 1
    }
    step "20%" {
      shift 20%
      hold 5m while success_rate
      check latency
    }
    step "60%" {
      shift 60%
      approve "go on?" timeout 1h
    }
    step "100%" {
      shift 100%
    }
    step "everything" {
      promote
    }
  }
}

scenario "a good release" {
  run ship with { image = "registry.example:5000/shop:next" }
  given success_rate_now(new) = 0.95
  given p99() = 0
  expect outcome == promoted
}

scenario "a bad release" {
  run ship with { image = "registry.example:5000/shop:next" }
  given success_rate_now(new) = 0
  given p99() = 2
  expect outcome == rolled_back
}
$ cat $TMP/rollout/shop.yaml
apiVersion: apps/v1
kind: Deployment
metadata:
  name: shop
  namespace: market
spec:
  replicas: 5
  progressDeadlineSeconds: 180
  selector:
    matchLabels:
      app: shop
  template:
    metadata:
      labels:
        app: shop
    spec:
      containers:
      - name: shop
        image: registry.example:5000/shop@sha256:0000000000000000000000000000000000000000000000000000000000000000
        ports:
        - name: http
          containerPort: 8080
---
apiVersion: v1
kind: Service
metadata:
  name: shop
  namespace: market
spec:
  selector:
    app: shop
  ports:
  - name: http
    port: 80
    targetPort: http
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: shop
  namespace: market
spec:
  rules:
  - host: shop.example
    http:
      paths:
      - path: /
        pathType: Prefix
        backend:
          service:
            name: shop
            port:
              name: http
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: shop
  namespace: market
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: shop
  minReplicas: 5
  maxReplicas: 10
$ sgrc test $TMP/rollout/shop.sgr -q
2 passed, 0 failed
$ sgrc import colours.yaml | sed 's,^#,  #,'
  ## Rollout job, taken over by `sgrc import`.

  # The first run installs the Deployment beside the Rollout; then delete the Rollout.

param image: image

workload x_job {
  name  = "job"
  from  = deployment("job", service = "front")
  image = image
}

metric up() {
  promql = """min(up{app="job"})"""
}

guard alive {
  every      = 10s
  for        = 50s
  fail_after = 1
  require up() == 1
}

rollout ship of x_job {
  mode     = blue_green
  deadline = 1h
  keep     = 10m

  steps {
    step "bring up" {
      scale new to old.replicas
      check alive
      approve "switch?" timeout 1h
    }
    step "switch" {
      shift 100%
      promote
    }
  }
}

scenario "a good release" {
  run ship with { image = "job:next" }
  given up() = 1
  expect outcome == promoted
}

scenario "a bad release" {
  run ship with { image = "job:next" }
  given up() = 0
  expect outcome == rolled_back
}
$ sgrc import canary.yaml | sed 's,^#,  #,'
  ## Canary cart, taken over by `sgrc import`.

  # Before the first run, delete the Canary; with `revertOnDeletion: true` that brings cart back to life.

  # What this script does not say:
  # - the metric unknown: its query is not known here
  # - the webhook load (rollout)

param image: image

cluster {
  namespace  = "market"
  prometheus = "http://prometheus.example:9090"
}

workload cart {
  from  = deployment("cart")
  image = image
}

metric errors(t: track) {
  promql = """
    100 * sum(rate(nginx_ingress_controller_requests{namespace="${t.namespace}",ingress="market",canary!="",status=~"5.."}[1m]))
    / sum(rate(nginx_ingress_controller_requests{namespace="${t.namespace}",ingress="market",canary!=""}[1m]))
  """
}

metric request_duration(t: track) {
  promql = """
    1000 * sum(rate(nginx_ingress_controller_ingress_upstream_latency_seconds_sum{namespace="${t.namespace}", ingress="market", canary!=""}[1m]))
    / sum(rate(nginx_ingress_controller_ingress_upstream_latency_seconds_count{namespace="${t.namespace}", ingress="market", canary!=""}[1m]))
  """
}

guard healthy {
  every      = 15s
  for        = 1m
  fail_after = 4
  require errors(new) <= 1
  require request_duration(new) <= 500
}

rollout ship of cart {
  mode     = canary
  traffic  = nginx(ingress = "market")
  deadline = 1h

  steps {
    step "before" {
      webhook "http://gate.example/smoke" { method = "POST" }
    }
    step "20%" {
      shift 20%
      hold 1m while healthy
    }
    step "40%" {
      shift 40%
      hold 1m while healthy
    }
    step "everything" {
      approve "promote?" timeout 1h
      promote
    }
  }
}

scenario "a good release" {
  run ship with { image = "cart:next" }
  given errors(new) = 0
  given request_duration(new) = 0
  expect outcome == promoted
}

scenario "a bad release" {
  run ship with { image = "cart:next" }
  given errors(new) = 3
  given request_duration(new) = 1001
  expect outcome == rolled_back
}
$ sgrc import canary.yaml > $TMP/cart.sgr && sgrc test -q $TMP/cart.sgr
2 passed, 0 failed
$ (cat deployment.yaml; echo ---; cat rollout.yaml) | sgrc import - -o $TMP/both/ | sed s,$TMP,TMP,
TMP/both/shop.sgr
TMP/both/web-api.sgr
# What compile writes for others can be taken back.
$ sgrc compile ../../../examples/canary.sgr --set image=a/b:2 --target argo | sgrc import - -o $TMP/argo/ | sed s,$TMP,TMP, && sgrc test -q $TMP/argo/gateway.sgr
TMP/argo/gateway.sgr
1 passed, 0 failed
$ sgrc compile ../../../examples/canary.sgr --set image=a/b:2 --target flagger | sgrc import - -o $TMP/flagger/ | sed s,$TMP,TMP, && sgrc test -q $TMP/flagger/gateway.sgr
TMP/flagger/gateway.sgr
2 passed, 0 failed
# Mistakes.
$ sgrc import rollout.yaml
sgrc: objects have to be written beside the script; name a folder for both with -o FOLDER/
[1]
$ sgrc import - < deployment.yaml
sgrc: objects have to be written beside the script; name a folder for both with -o FOLDER/
[1]
$ sgrc import deployment.yaml rollout.yaml
sgrc: objects have to be written beside the script; name a folder for both with -o FOLDER/
[1]
$ sgrc import rollout.yaml -o $TMP/rollout/ 2>&1 | sed s,$TMP,TMP,
sgrc: TMP/rollout/shop.yaml is there already; remove it, or name another folder
$ printf 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: ../../up}\nspec: {}\n' | sgrc import - -o $TMP/up/
sgrc: `../../up` is no name that Kubernetes takes
[1]
$ printf 'kind: Service\n' | sgrc import -
sgrc: document 1 has no apiVersion, kind or name
[1]
$ printf 'apiVersion: v1\nkind: Service\nmetadata: {name: a}\n' | sgrc import -
sgrc: there is no Deployment, Rollout or Canary in what was read
[1]
$ printf 'a: [' | sgrc import -
sgrc: -: line 2, column 1: while parsing a flow node, did not find expected node content
[1]
$ printf 'apiVersion: flagger.app/v1beta1\nkind: Canary\nmetadata: {name: a}\nspec: {}\n' | sgrc import - -o $TMP/odd/
sgrc: what was read is not as the API of its kind has it: field `targetRef` is missing
[1]
$ printf 'apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: a}\nspec: {strategy: {canary: {steps: 5}}}\n' | sgrc import - -o $TMP/odd/
sgrc: what was read is not as the API of its kind has it: a int has no length
[1]
$ sgrc import nowhere.yaml
sgrc: cannot read nowhere.yaml: No such file or directory
[1]
$ sgrc import
sgrc: import takes one or more YAML files, or - for standard input
[1]
