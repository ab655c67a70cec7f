# Alerts, and each guard that a rollout uses where it can be said in PromQL: what needs pods or a parameter is left out.
$ sgrc compile --target prometheus shop.sgr
groups:
- name: alerts
  rules:
  - alert: queue_is_long
    expr: max(queue_lag_seconds) > 120
    for: 10m
    labels:
      severity: page
    annotations:
      runbook_url: https://runbooks.example/queue
- name: guards
  interval: 10s
  rules:
  - alert: guard_fine_of_ship
    expr: |-
      ((sum(rate(requests_total{track="canary"}[1m]))) >= 5)
        and on () ((((sum(rate(errors_total{track="canary"}[1m])) / sum(rate(requests_total{track="canary"}[1m]))) >= 0.02) or on () ((sum(rate(errors_total{track="canary"}[1m])) / sum(rate(requests_total{track="canary"}[1m]))) > on () ((sum(rate(errors_total{track="stable"}[1m])) / sum(rate(requests_total{track="stable"}[1m]))) * 2)))
          or on () (((max(queue_lag_seconds)) > 30) and on () ((max(queue_lag_seconds)) >= 60)))
    for: 30s
    labels:
      severity: warning
      rollout: ship
      guard: fine
    annotations:
      summary: guard fine of api does not hold
      description: errors(new) < limit and not (errors(new) > errors(old) * 2); lag() <= 30s or lag() < 1m
# Prometheus takes the rules, and they fire where the guard would fail, and only there.
$ sgrc compile --target prometheus shop.sgr -o $TMP/shop.rules.yaml && cp shop_test.yaml $TMP && cd $TMP && promtool check rules shop.rules.yaml && promtool test rules shop_test.yaml
Checking shop.rules.yaml
  SUCCESS: 2 rules found

Unit Testing:  shop_test.yaml
  SUCCESS

$ for f in ../../../examples/canary.sgr ../../../examples/blue_green.sgr ../../../examples/autoscale.sgr ../../../examples/streamgate/monitoring/alerts.sgr; do sgrc compile -q --target prometheus $f --set image=a/b:1 -o $TMP/rules.yaml && promtool check rules $TMP/rules.yaml | grep SUCCESS; done
  SUCCESS: 1 rules found
  SUCCESS: 1 rules found
  SUCCESS: 2 rules found
  SUCCESS: 6 rules found
# A script without alerts and guards has no groups.
$ sgrc compile shop.sgr -o $TMP/plain.yaml
$ echo 'cluster { namespace = "x" }' | sgrc compile --target prometheus -
groups: []
$ sgrc compile --target bytecode shop.sgr -o $TMP/shop.sgb && cd $TMP && sgrc compile --target prometheus shop.sgb
sgrc: shop.sgb is bytecode; the target prometheus needs the script
[1]
$ sgrc compile --target plain shop.sgr | cmp - $TMP/plain.yaml
$ sgrc compile --target nonsense shop.sgr
sgrc: unknown target `nonsense`; there are plain, bytecode, prometheus, grafana, argo, flagger, job and rbac
[1]
