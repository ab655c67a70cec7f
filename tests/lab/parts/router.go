package main

import (
	"encoding/json"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"syscall"
	"time"
)

type ingress struct {
	Metadata meta
	Spec     struct {
		Rules []struct {
			HTTP struct {
				Paths []struct {
					Backend struct {
						Service struct {
							Name string
							Port struct {
								Name   string
								Number int
							}
						}
					}
				}
			}
		}
	}
}

type slice struct {
	Metadata  meta
	Endpoints []struct {
		Addresses  []string
		Conditions struct{ Ready *bool }
	}
	Ports []struct {
		Name string
		Port int
	}
}

type service struct {
	Metadata meta
	Spec     struct {
		ClusterIP string
		Ports     []struct {
			Name string
			Port int
		}
	}
}

func (i ingress) head() meta { return i.Metadata }
func (s slice) head() meta   { return s.Metadata }
func (s service) head() meta { return s.Metadata }

// world is what the router knows of one namespace, the only one that it serves.
type world struct {
	dir, port string
	only      string // the one Ingress that it serves, with its canary; empty: all of the namespace
	ingresses *store[ingress]
	slices    *store[slice]
	services  *store[service]
	pods      *store[podObject]
	wake      chan bool
}

// real is the address where this machine serves what the API calls 10.x.y.z. A loopback address in the
// API would be refused, and freezes the Endpoints.
func real(address string) string { return "127." + strings.TrimPrefix(address, "10.") }

// router NAMESPACE DIR PORT [INGRESS]: renders DIR/nginx.conf and DIR/targets.json from the namespace whenever it
// changes, and has nginx read it. Ready endpoints only, as kube-proxy and ingress-nginx do.
func router(args []string) {
	a := newAPI()
	w := &world{dir: args[1], port: args[2], wake: make(chan bool, 1)}
	if len(args) > 3 {
		w.only = args[3]
	}
	space := "/namespaces/" + args[0] + "/"
	w.ingresses = follow(a, "/apis/networking.k8s.io/v1"+space+"ingresses", "", changed[ingress](w))
	w.slices = follow(a, "/apis/discovery.k8s.io/v1"+space+"endpointslices", "", changed[slice](w))
	w.services = follow(a, "/api/v1"+space+"services", "", changed[service](w))
	w.pods = follow(a, "/api/v1"+space+"pods", "", changed[podObject](w))
	for range w.wake {
		time.Sleep(20 * time.Millisecond) // several changes often come together
		w.write("targets.json", w.targets())
		if w.write("nginx.conf", w.config()) {
			w.reload()
		}
	}
}

func changed[T any](w *world) func(T, bool) {
	return func(T, bool) {
		select {
		case w.wake <- true:
		default:
		}
	}
}

// write replaces a file if its text is another, in one step; true if it did.
func (w *world) write(name, text string) bool {
	path := filepath.Join(w.dir, name)
	if old, err := os.ReadFile(path); err == nil && string(old) == text {
		return false
	}
	err := os.WriteFile(path+".new", []byte(text), 0o644)
	if err == nil {
		err = os.Rename(path+".new", path)
	}
	if err != nil {
		log.Fatal(err)
	}
	return true
}

func (w *world) reload() {
	text, err := os.ReadFile(filepath.Join(w.dir, "nginx.pid"))
	if err != nil {
		return // not started yet
	}
	id, _ := strconv.Atoi(strings.TrimSpace(string(text)))
	if id > 1 {
		syscall.Kill(id, syscall.SIGHUP)
	}
}

// ---- nginx ----

// branch is one Service behind the Ingress and the percentage of requests that go there.
type branch struct {
	service string
	port    string
	share   int
}

const note = "nginx.ingress.kubernetes.io/"

// branches gives the main Service and, if a canary Ingress has a weight, the canary's Service.
func (w *world) branches() []branch {
	main, canary := branch{share: 100}, branch{}
	for _, i := range w.ingresses.all() {
		if w.only != "" && i.Metadata.Name != w.only && i.Metadata.Name != w.only+"-canary" {
			continue
		}
		for _, rule := range i.Spec.Rules {
			for _, path := range rule.HTTP.Paths {
				to := branch{service: path.Backend.Service.Name, port: path.Backend.Service.Port.Name}
				if i.Metadata.Annotations[note+"canary"] != "true" {
					main.service, main.port = to.service, to.port
					continue
				}
				to.share, _ = strconv.Atoi(i.Metadata.Annotations[note+"canary-weight"])
				canary = to
			}
		}
	}
	main.share -= canary.share
	return []branch{main, canary}
}

// servers lists where the ready endpoints of a Service listen.
func (w *world) servers(b branch) []string {
	found := map[string]bool{}
	for _, s := range w.slices.all() {
		if s.Metadata.Labels["kubernetes.io/service-name"] != b.service {
			continue
		}
		for _, address := range s.ready(b.port) {
			found[address] = true
		}
	}
	return sorted(found)
}

// ready lists where the ready endpoints of one port listen.
func (s slice) ready(name string) []string {
	found := []string{}
	for _, port := range s.Ports {
		if port.Name != name {
			continue
		}
		for _, e := range s.Endpoints {
			if e.Conditions.Ready != nil && *e.Conditions.Ready {
				found = append(found, fmt.Sprintf("%s:%d", real(e.Addresses[0]), port.Port))
			}
		}
	}
	return found
}

func sorted(set map[string]bool) []string {
	keys := make([]string, 0, len(set))
	for key := range set {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}

// config is nginx's whole configuration. nginx refuses a share of 0% and an upstream without servers.
func (w *world) config() string {
	var ways, upstreams strings.Builder
	last := ""
	for _, b := range w.branches() {
		if b.service == "" || b.share <= 0 {
			continue
		}
		if last != "" {
			fmt.Fprintf(&ways, "        %d%% %s;\n", b.share, b.service)
		} else {
			last = b.service
		}
		fmt.Fprintf(&upstreams, "    upstream %s {\n", b.service)
		servers := w.servers(b)
		for _, server := range servers {
			fmt.Fprintf(&upstreams, "        server %s max_fails=0;\n", server)
		}
		if len(servers) == 0 {
			fmt.Fprintln(&upstreams, "        server 127.0.0.1:1 down;")
		}
		fmt.Fprint(&upstreams, "        keepalive 32;\n    }\n")
	}
	if last == "" {
		last = "nobody"
		upstreams.WriteString("    upstream nobody {\n        server 127.0.0.1:1 down;\n    }\n")
	}
	return fmt.Sprintf(frame, w.dir, w.dir, w.dir, w.dir, w.dir, w.dir, w.dir, ways.String(), last,
		upstreams.String(), w.port)
}

// nginx tries nobody else when a pod fails: what a pod loses, the client sees.
const frame = `worker_processes 1;
daemon off;
pid %s/nginx.pid;
error_log %s/nginx.log warn;
events { worker_connections 4096; }
http {
    access_log off;
    client_body_temp_path %s/body;
    proxy_temp_path %s/proxy;
    fastcgi_temp_path %s/fastcgi;
    uwsgi_temp_path %s/uwsgi;
    scgi_temp_path %s/scgi;
    split_clients $request_id $way {
%s        * %s;
    }
%s    server {
        listen 127.0.0.1:%s backlog=4096;
        keepalive_requests 1000000;
        location / {
            proxy_pass http://$way;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_next_upstream off;
            proxy_connect_timeout 2s;
        }
    }
}
`

// ---- Prometheus ----

// targets lists the running pods for Prometheus, with the labels that its Kubernetes discovery would give.
// Debian builds Prometheus without that discovery.
func (w *world) targets() string {
	all := list{}
	pods := w.pods.all()
	sort.Slice(pods, func(i, j int) bool { return pods[i].Metadata.Name < pods[j].Metadata.Name })
	for _, p := range pods {
		port := p.Metadata.Annotations["prometheus.io/port"]
		if p.Status.PodIP == "" || port == "" || p.Metadata.DeletionTimestamp != nil {
			continue
		}
		labels := object{"pod": p.Metadata.Name, "namespace": p.Metadata.Namespace,
			"app": p.Metadata.Labels["app"]}
		if track := p.Metadata.Labels["track"]; track != "" {
			labels["track"] = track
		}
		all = append(all, object{"targets": list{real(p.Status.PodIP) + ":" + port}, "labels": labels})
	}
	text, _ := json.Marshal(all)
	return string(text)
}
