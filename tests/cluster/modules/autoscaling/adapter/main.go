// The custom metrics API from Prometheus, in place of prometheus-adapter, whose module is not served: the same library of
// Kubernetes' below it, the same flags and the same file of rules, as far as StreamGate's set-up uses them (one resource:
// pods; no discovery of series beyond the rule's own). Asking, granting and routing are therefore the real thing; what
// answers is not. It must never invent a value: no series, no metric.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"regexp"
	"strings"
	"syscall"
	"text/template"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/metrics/pkg/apis/custom_metrics"
	"sigs.k8s.io/custom-metrics-apiserver/pkg/cmd"
	"sigs.k8s.io/custom-metrics-apiserver/pkg/provider"
	"sigs.k8s.io/custom-metrics-apiserver/pkg/provider/helpers"
	"sigs.k8s.io/yaml"
)

// rule is one entry of the file; what is missing here, StreamGate does not use.
type rule struct {
	SeriesQuery string `json:"seriesQuery"`
	Name        struct{ Matches, As string }
	Query       string `json:"metricsQuery"`
	Resources   struct {
		Overrides map[string]struct{ Resource string }
	}
}

type adapter struct {
	cmd.AdapterBase
	prometheus string
	rules      []rule
}

var pods = schema.GroupResource{Resource: "pods"}

func (r rule) series() string { return strings.SplitN(r.SeriesQuery, "{", 2)[0] }

func (r rule) metric() string {
	return regexp.MustCompile(r.Name.Matches).ReplaceAllString(r.series(), r.Name.As)
}

// label is the one that carries the name of a resource.
func (r rule) label(of string) string {
	for label, override := range r.Resources.Overrides {
		if override.Resource == of {
			return label
		}
	}
	return of
}

// query fills the rule's template for some pods of a namespace.
func (r rule) query(namespace string, names []string) (string, error) {
	filled := strings.Builder{}
	parsed, err := template.New("").Delims("<<", ">>").Parse(r.Query)
	if err == nil {
		err = parsed.Execute(&filled, map[string]string{"Series": r.series(), "GroupBy": r.label("pod"),
			"LabelMatchers": fmt.Sprintf("%s=%q,%s=~%q", r.label("namespace"), namespace, r.label("pod"),
				strings.Join(names, "|"))})
	}
	return filled.String(), err
}

// values asks Prometheus: the value of each pod that has one.
func (a *adapter) values(ctx context.Context, r rule, query string) (map[string]string, error) {
	address := a.prometheus + "/api/v1/query?query=" + url.QueryEscape(query)
	request, err := http.NewRequestWithContext(ctx, "GET", address, nil)
	if err != nil {
		return nil, err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	var body struct {
		Status, Error string
		Data          struct {
			Result []struct {
				Metric map[string]string
				Value  [2]any
			}
		}
	}
	if err := json.NewDecoder(answer.Body).Decode(&body); err != nil {
		return nil, err
	}
	if body.Status != "success" {
		return nil, fmt.Errorf("Prometheus: %s", body.Error)
	}
	found := map[string]string{}
	for _, one := range body.Data.Result {
		found[one.Metric[r.label("pod")]] = fmt.Sprint(one.Value[1])
	}
	return found, nil
}

func (a *adapter) list(ctx context.Context, namespace string, names []string, info provider.CustomMetricInfo) (
	*custom_metrics.MetricValueList, error) {
	all := &custom_metrics.MetricValueList{}
	for _, r := range a.rules {
		if r.metric() != info.Metric || len(names) == 0 {
			continue
		}
		query, err := r.query(namespace, names)
		if err != nil {
			return nil, err
		}
		found, err := a.values(ctx, r, query)
		if err != nil {
			return nil, err
		}
		for pod, text := range found {
			value, err := resource.ParseQuantity(text)
			if err != nil {
				return nil, err
			}
			all.Items = append(all.Items, custom_metrics.MetricValue{
				DescribedObject: custom_metrics.ObjectReference{APIVersion: "/v1", Kind: "Pod",
					Namespace: namespace, Name: pod},
				Metric:    custom_metrics.MetricIdentifier{Name: info.Metric},
				Timestamp: metav1.Time{Time: time.Now()}, Value: value})
		}
	}
	return all, nil
}

// GetMetricBySelector gives the values of the pods that a selector chooses.
func (a *adapter) GetMetricBySelector(ctx context.Context, namespace string, selector labels.Selector,
	info provider.CustomMetricInfo, _ labels.Selector) (*custom_metrics.MetricValueList, error) {
	client, err := a.DynamicClient()
	if err != nil {
		return nil, err
	}
	mapper, err := a.RESTMapper()
	if err != nil {
		return nil, err
	}
	names, err := helpers.ListObjectNames(mapper, client, namespace, selector, info)
	if err != nil {
		return nil, err
	}
	return a.list(ctx, namespace, names, info)
}

// GetMetricByName gives the value of one pod.
func (a *adapter) GetMetricByName(ctx context.Context, name types.NamespacedName, info provider.CustomMetricInfo,
	_ labels.Selector) (*custom_metrics.MetricValue, error) {
	all, err := a.list(ctx, name.Namespace, []string{name.Name}, info)
	if err != nil {
		return nil, err
	}
	if len(all.Items) == 0 {
		return nil, provider.NewMetricNotFoundForError(info.GroupResource, info.Metric, name.Name)
	}
	return &all.Items[0], nil
}

// ListAllMetrics names what the rules can give.
func (a *adapter) ListAllMetrics() []provider.CustomMetricInfo {
	all := []provider.CustomMetricInfo{}
	for _, r := range a.rules {
		all = append(all, provider.CustomMetricInfo{GroupResource: pods, Namespaced: true, Metric: r.metric()})
	}
	return all
}

func main() {
	a := &adapter{}
	a.Name = "custom-metrics"
	rules := ""
	flags := a.Flags()
	flags.StringVar(&a.prometheus, "prometheus-url", "", "where Prometheus answers")
	flags.StringVar(&rules, "config", "", "the file of rules")
	flags.Duration("metrics-relist-interval", time.Minute, "of no effect: the rules are the list")
	if err := flags.Parse(os.Args[1:]); err != nil {
		log.Fatal(err)
	}
	a.prometheus = strings.TrimSuffix(a.prometheus, "/")
	text, err := os.ReadFile(rules)
	if err != nil {
		log.Fatal(err)
	}
	var file struct{ Rules []rule }
	if err := yaml.UnmarshalStrict(text, &file, yaml.DisallowUnknownFields); err != nil {
		log.Fatal(err)
	}
	a.rules = file.Rules
	a.WithCustomMetrics(a)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if err := a.Run(ctx); err != nil {
		log.Fatal(err)
	}
}
