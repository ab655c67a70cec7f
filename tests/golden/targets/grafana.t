# One panel for each metric on both tracks, with the limits of guards as lines; pods; autoscalers; guards.
$ sgrc compile --target grafana shop.sgr | python3 -m json.tool
{
    "uid": "511d65e64cb2",
    "title": "api in shop",
    "description": "made by sgrc from 4 metrics and 3 guards",
    "tags": [
        "sgr",
        "shop"
    ],
    "editable": true,
    "schemaVersion": 39,
    "refresh": "10s",
    "time": {
        "from": "now-1h",
        "to": "now"
    },
    "timezone": "browser",
    "templating": {
        "list": [
            {
                "name": "source",
                "label": "Prometheus",
                "type": "datasource",
                "query": "prometheus"
            }
        ]
    },
    "annotations": {
        "list": []
    },
    "panels": [
        {
            "type": "timeseries",
            "title": "errors",
            "datasource": {
                "type": "prometheus",
                "uid": "${source}"
            },
            "fieldConfig": {
                "defaults": {
                    "unit": "percentunit",
                    "min": 0,
                    "custom": {
                        "fillOpacity": 8
                    }
                },
                "overrides": []
            },
            "options": {
                "legend": {
                    "displayMode": "list",
                    "placement": "bottom"
                },
                "tooltip": {
                    "mode": "multi"
                }
            },
            "targets": [
                {
                    "refId": "A",
                    "expr": "sum(rate(errors_total{track=\"stable\"}[1m])) / sum(rate(requests_total{track=\"stable\"}[1m]))",
                    "legendFormat": "stable",
                    "datasource": {
                        "type": "prometheus",
                        "uid": "${source}"
                    }
                },
                {
                    "refId": "B",
                    "expr": "sum(rate(errors_total{track=\"canary\"}[1m])) / sum(rate(requests_total{track=\"canary\"}[1m]))",
                    "legendFormat": "canary",
                    "datasource": {
                        "type": "prometheus",
                        "uid": "${source}"
                    }
                }
            ],
            "description": "Failed requests, as a share of all.",
            "id": 1,
            "gridPos": {
                "x": 0,
                "y": 0,
                "w": 12,
                "h": 8
            }
        },
        {
            "type": "timeseries",
            "title": "requests",
            "datasource": {
                "type": "prometheus",
                "uid": "${source}"
            },
            "fieldConfig": {
                "defaults": {
                    "unit": "reqps",
                    "min": 0,
                    "custom": {
                        "fillOpacity": 8
                    }
                },
                "overrides": []
            },
            "options": {
                "legend": {
                    "displayMode": "list",
                    "placement": "bottom"
                },
                "tooltip": {
                    "mode": "multi"
                }
            },
            "targets": [
                {
                    "refId": "A",
                    "expr": "sum(rate(requests_total{track=\"stable\"}[1m]))",
                    "legendFormat": "stable",
                    "datasource": {
                        "type": "prometheus",
                        "uid": "${source}"
                    }
                },
                {
                    "refId": "B",
                    "expr": "sum(rate(requests_total{track=\"canary\"}[1m]))",
                    "legendFormat": "canary",
                    "datasource": {
                        "type": "prometheus",
                        "uid": "${source}"
                    }
                }
            ],
            "id": 2,
            "gridPos": {
                "x": 12,
                "y": 0,
                "w": 12,
                "h": 8
            }
        },
        {
            "type": "timeseries",
            "title": "lag",
            "datasource": {
                "type": "prometheus",
                "uid": "${source}"
            },
            "fieldConfig": {
                "defaults": {
                    "unit": "s",
                    "min": 0,
                    "custom": {
                        "fillOpacity": 8,
                        "thresholdsStyle": {
                            "mode": "line"
                        }
                    },
                    "thresholds": {
                        "mode": "absolute",
                        "steps": [
                            {
                                "color": "green"
                            },
                            {
                                "color": "red",
                                "value": 60
                            }
                        ]
                    }
                },
                "overrides": []
            },
            "options": {
                "legend": {
                    "displayMode": "list",
                    "placement": "bottom"
                },
                "tooltip": {
                    "mode": "multi"
                }
            },
            "targets": [
                {
                    "refId": "A",
                    "expr": "max(queue_lag_seconds)",
                    "legendFormat": "lag",
                    "datasource": {
                        "type": "prometheus",
                        "uid": "${source}"
                    }
                }
            ],
            "id": 3,
            "gridPos": {
                "x": 0,
                "y": 8,
                "w": 12,
                "h": 8
            }
        },
        {
            "type": "timeseries",
            "title": "ready pods of api",
            "datasource": {
                "type": "prometheus",
                "uid": "${source}"
            },
            "fieldConfig": {
                "defaults": {
                    "unit": "short",
                    "min": 0,
                    "custom": {
                        "fillOpacity": 8
                    }
                },
                "overrides": []
            },
            "options": {
                "legend": {
                    "displayMode": "list",
                    "placement": "bottom"
                },
                "tooltip": {
                    "mode": "multi"
                }
            },
            "targets": [
                {
                    "refId": "A",
                    "expr": "kube_deployment_status_replicas_ready{namespace=\"shop\", deployment=~\"api(-canary|-blue|-green)?\"}",
                    "legendFormat": "{{deployment}}",
                    "datasource": {
                        "type": "prometheus",
                        "uid": "${source}"
                    }
                }
            ],
            "id": 4,
            "gridPos": {
                "x": 12,
                "y": 8,
                "w": 12,
                "h": 8
            }
        },
        {
            "type": "timeseries",
            "title": "autoscaler api",
            "datasource": {
                "type": "prometheus",
                "uid": "${source}"
            },
            "fieldConfig": {
                "defaults": {
                    "unit": "short",
                    "min": 0,
                    "custom": {
                        "fillOpacity": 8
                    }
                },
                "overrides": []
            },
            "options": {
                "legend": {
                    "displayMode": "list",
                    "placement": "bottom"
                },
                "tooltip": {
                    "mode": "multi"
                }
            },
            "targets": [
                {
                    "refId": "A",
                    "expr": "kube_horizontalpodautoscaler_status_current_replicas{namespace=\"shop\", horizontalpodautoscaler=~\"api\"}",
                    "legendFormat": "now",
                    "datasource": {
                        "type": "prometheus",
                        "uid": "${source}"
                    }
                },
                {
                    "refId": "B",
                    "expr": "kube_horizontalpodautoscaler_status_desired_replicas{namespace=\"shop\", horizontalpodautoscaler=~\"api\"}",
                    "legendFormat": "wanted",
                    "datasource": {
                        "type": "prometheus",
                        "uid": "${source}"
                    }
                },
                {
                    "refId": "C",
                    "expr": "kube_horizontalpodautoscaler_spec_min_replicas{namespace=\"shop\", horizontalpodautoscaler=~\"api\"}",
                    "legendFormat": "least",
                    "datasource": {
                        "type": "prometheus",
                        "uid": "${source}"
                    }
                },
                {
                    "refId": "D",
                    "expr": "kube_horizontalpodautoscaler_spec_max_replicas{namespace=\"shop\", horizontalpodautoscaler=~\"api\"}",
                    "legendFormat": "most",
                    "datasource": {
                        "type": "prometheus",
                        "uid": "${source}"
                    }
                }
            ],
            "id": 5,
            "gridPos": {
                "x": 0,
                "y": 16,
                "w": 12,
                "h": 8
            }
        },
        {
            "type": "timeseries",
            "title": "guards that breach",
            "datasource": {
                "type": "prometheus",
                "uid": "${source}"
            },
            "fieldConfig": {
                "defaults": {
                    "unit": "short",
                    "min": 0,
                    "custom": {
                        "fillOpacity": 8
                    }
                },
                "overrides": []
            },
            "options": {
                "legend": {
                    "displayMode": "list",
                    "placement": "bottom"
                },
                "tooltip": {
                    "mode": "multi"
                }
            },
            "targets": [
                {
                    "refId": "A",
                    "expr": "ALERTS{alertname=~\"guard_.*\", alertstate=~\"pending|firing\"}",
                    "legendFormat": "{{guard}} of {{rollout}}",
                    "datasource": {
                        "type": "prometheus",
                        "uid": "${source}"
                    }
                }
            ],
            "id": 6,
            "gridPos": {
                "x": 12,
                "y": 16,
                "w": 12,
                "h": 8
            }
        }
    ]
}
