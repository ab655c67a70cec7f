"""verdict.py ARGO.yaml: the query of the first AnalysisTemplate as a promtool test: 0 where the guard passes, 1
where it breaches, no answer where there is no signal."""
import sys

import yaml


def canary(requests, errors):
    return [{"series": 'requests_total{track="canary"}', "values": f"0+{requests}x60"},
            {"series": 'errors_total{track="canary"}', "values": f"0+{errors}x60"},
            {"series": 'errors_total{track="stable"}', "values": "0+9x60"},
            {"series": 'requests_total{track="stable"}', "values": "0+900x60"},
            {"series": "queue_lag_seconds", "values": "1x60"}]


query = next(d for d in yaml.safe_load_all(open(sys.argv[1])) if d["kind"] == "AnalysisTemplate")
query = query["spec"]["metrics"][0]["provider"]["prometheus"]["query"]
cases = [("passes", canary(100, 1), [0]), ("breaches", canary(100, 9), [1]), ("too little traffic", canary(1, 1), []),
         ("silence", [], [])]
print(yaml.safe_dump({"evaluation_interval": "10s", "tests": [
    {"name": name, "interval": "10s", "input_series": series, "promql_expr_test": [
        {"expr": query, "eval_time": "300s", "exp_samples": [{"labels": "{}", "value": v} for v in wanted]}]}
    for name, series, wanted in cases]}))
