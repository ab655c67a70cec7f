package main

import (
	"fmt"
	"io"
	"log"
	"math/rand"
	"net"
	"net/http"
	"os"
	"strconv"
)

// reach is what the API server can reach in the cluster: which Service has an address, and who is behind it.
type reach struct {
	services *store[service]
	slices   *store[slice]
}

// egress SOCKET: carries the API server's own connections into the cluster, to aggregated APIs and webhooks: a proxy
// for HTTP CONNECT at a Unix socket. It does what kube-proxy and the pods' network do: from a Service's address to a
// ready endpoint, from 10.N to 127.N.
func egress(args []string) {
	a := newAPI()
	nothing := func(service, bool) {}
	r := &reach{follow(a, "/api/v1/services", "", nothing),
		follow(a, "/apis/discovery.k8s.io/v1/endpointslices", "", func(slice, bool) {})}
	os.Remove(args[0])
	listener, err := net.Listen("unix", args[0])
	if err != nil {
		log.Fatal(err)
	}
	go http.Serve(listener, http.HandlerFunc(r.connect))
	untilTold()
	os.Remove(args[0])
}

func (r *reach) connect(w http.ResponseWriter, request *http.Request) {
	if request.Method != http.MethodConnect {
		http.Error(w, "only CONNECT", http.StatusMethodNotAllowed)
		return
	}
	to, err := r.resolve(request.Host)
	var there net.Conn
	if err == nil {
		there, err = net.Dial("tcp", to)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	here, buffered, err := w.(http.Hijacker).Hijack()
	if err != nil {
		there.Close()
		return
	}
	fmt.Fprint(here, "HTTP/1.1 200 Connection established\r\n\r\n")
	go func() {
		io.Copy(there, buffered)
		there.(*net.TCPConn).CloseWrite()
	}()
	io.Copy(here, there)
	here.Close()
	there.Close()
}

// resolve turns what the API server asks for into an address of this machine.
func (r *reach) resolve(wanted string) (string, error) {
	host, port, err := net.SplitHostPort(wanted)
	if err != nil {
		return "", err
	}
	number, _ := strconv.Atoi(port)
	for _, s := range r.services.all() {
		if s.Spec.ClusterIP != host {
			continue
		}
		for _, p := range s.Spec.Ports {
			if p.Port == number {
				return r.endpoint(s, p.Name)
			}
		}
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsLoopback() {
		return wanted, nil
	}
	return "", fmt.Errorf("nothing in the cluster has the address %s", wanted)
}

func (r *reach) endpoint(s service, port string) (string, error) {
	ready := []string{}
	for _, of := range r.slices.all() {
		if of.Metadata.Namespace == s.Metadata.Namespace && of.Metadata.Labels["kubernetes.io/service-name"] == s.Metadata.Name {
			ready = append(ready, of.ready(port)...)
		}
	}
	if len(ready) == 0 {
		return "", fmt.Errorf("%s has no ready endpoint", s.Metadata.key())
	}
	return ready[rand.Intn(len(ready))], nil
}
