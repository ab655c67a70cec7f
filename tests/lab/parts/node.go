package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"log"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
	"unsafe"
)

// Three nodes, as StreamGate has; one process plays them. Each listens where a kubelet does and serves
// /metrics/resource, which is what metrics-server reads, from what the pods' processes really use.
const nodes = 3

func nodeName(i int) string { return fmt.Sprintf("lab-%d", i+1) }

// network finds a number of its own: this lab's pods have addresses below 10.N. Two labs on one machine
// would otherwise answer for each other's pods. The kubelets' ports claim it.
func network() (int, []net.Listener) {
	for number := 66; number < 250; number++ {
		claims := []net.Listener{}
		for i := range nodes {
			claim, err := net.Listen("tcp", fmt.Sprintf("127.%d.255.%d:10250", number, 254-i))
			if err != nil {
				break
			}
			claims = append(claims, claim)
		}
		if len(claims) == nodes {
			return number, claims
		}
		for _, claim := range claims {
			claim.Close()
		}
	}
	log.Fatal("no loopback network is free for pods")
	return 0, nil
}

func register(a *api, name, address string) error {
	err := a.post("/api/v1/nodes", object{"metadata": object{"name": name,
		"labels": object{"kubernetes.io/hostname": name, "kubernetes.io/os": "linux"}}})
	if err != nil {
		return err
	}
	now := time.Now().UTC().Format(time.RFC3339)
	conditions := list{}
	for _, kind := range []string{"Ready", "MemoryPressure", "DiskPressure", "PIDPressure"} {
		status := "False"
		if kind == "Ready" {
			status = "True"
		}
		conditions = append(conditions, object{"type": kind, "status": status, "reason": "Lab",
			"message": "", "lastHeartbeatTime": now, "lastTransitionTime": now})
	}
	room := object{"cpu": "64", "memory": "256Gi", "pods": "500"}
	return a.patch("/api/v1/nodes/"+name+"/status", object{"status": object{
		"conditions": conditions, "capacity": room, "allocatable": room,
		"addresses":       list{object{"type": "InternalIP", "address": address}},
		"daemonEndpoints": object{"kubeletEndpoint": object{"Port": 10250}}}})
}

// heartbeat renews the node's lease; a node without one is given up after 40 s.
func heartbeat(a *api, name string) {
	leases := "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"
	for ; ; time.Sleep(8 * time.Second) {
		spec := object{"holderIdentity": name, "leaseDurationSeconds": 40,
			"renewTime": time.Now().UTC().Format("2006-01-02T15:04:05.000000Z")}
		if a.patch(leases+"/"+name, object{"spec": spec}) != nil {
			a.post(leases, object{"metadata": object{"name": name}, "spec": spec})
		}
	}
}

// ---- what the pods use ----

// use is a process's processor time in seconds and its memory in bytes; false if there is none.
func use(pid int) (float64, int64, bool) {
	var spent syscall.Timespec
	clock := uintptr(int32(^pid)<<3 | 2) // the processor-time clock of a process, see clock_getcpuclockid(3)
	if _, _, failed := syscall.Syscall(syscall.SYS_CLOCK_GETTIME, clock, uintptr(unsafe.Pointer(&spent)), 0); failed != 0 {
		return 0, 0, false
	}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0, 0, false
	}
	var size, resident int64
	fmt.Sscan(string(text), &size, &resident)
	return float64(spent.Nano()) / 1e9, resident * int64(os.Getpagesize()), true
}

type usage struct {
	labels string
	began  time.Time
	cpu    float64
	memory int64
}

// resources is the text that a kubelet has at /metrics/resource.
func resources(of []usage) string {
	var text strings.Builder
	now := time.Now().UnixMilli()
	var cpu float64
	var memory int64
	fmt.Fprintln(&text, "# TYPE container_cpu_usage_seconds_total counter\n# TYPE container_memory_working_set_bytes gauge\n"+
		"# TYPE container_start_time_seconds gauge")
	for _, u := range of {
		cpu, memory = cpu+u.cpu, memory+u.memory
		fmt.Fprintf(&text, "container_cpu_usage_seconds_total{%s} %.6f %d\n", u.labels, u.cpu, now)
		fmt.Fprintf(&text, "container_memory_working_set_bytes{%s} %d %d\n", u.labels, u.memory, now)
		fmt.Fprintf(&text, "container_start_time_seconds{%s} %.3f\n", u.labels, float64(u.began.UnixMilli())/1000)
	}
	fmt.Fprintf(&text, "# TYPE node_cpu_usage_seconds_total counter\nnode_cpu_usage_seconds_total %.6f %d\n", cpu, now)
	fmt.Fprintf(&text, "# TYPE node_memory_working_set_bytes gauge\nnode_memory_working_set_bytes %d %d\n", memory, now)
	return text.String()
}

// ---- who may read it ----

// granted asks the API server who sends the request and whether they may, as a kubelet does.
func granted(a *api, name string, r *http.Request) error {
	token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	var who struct {
		Status struct {
			Authenticated bool
			User          struct{ Username string }
		}
	}
	err := a.call("POST", "/apis/authentication.k8s.io/v1/tokenreviews", "application/json", object{
		"spec": object{"token": token}}, &who)
	if err != nil || !who.Status.Authenticated {
		return fmt.Errorf("nobody is known by this token: %v", err)
	}
	var may struct{ Status struct{ Allowed bool } }
	err = a.call("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", "application/json", object{
		"spec": object{"user": who.Status.User.Username, "resourceAttributes": object{"verb": "get",
			"resource": "nodes", "subresource": "metrics", "name": name}}}, &may)
	if err != nil || !may.Status.Allowed {
		return fmt.Errorf("%s may not get nodes/metrics: %v", who.Status.User.Username, err)
	}
	return nil
}

// serve answers at the node's address until the process ends.
func serve(a *api, name string, listener net.Listener, pods func(node string) []usage) {
	mux := http.NewServeMux()
	mux.HandleFunc("/metrics/resource", func(w http.ResponseWriter, r *http.Request) {
		if err := granted(a, name, r); err != nil {
			http.Error(w, err.Error(), http.StatusForbidden)
			return
		}
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		fmt.Fprint(w, resources(pods(name)))
	})
	host, _, _ := net.SplitHostPort(listener.Addr().String())
	log.Fatal(http.Serve(tls.NewListener(listener, &tls.Config{Certificates: []tls.Certificate{signed(host)},
		NextProtos: []string{"h2", "http/1.1"}}), mux))
}

func pki(name string) string { return filepath.Join(os.Getenv("SGR_TEST_CLUSTER"), "pki", name) }

// signed makes a certificate for an address, signed by the cluster's authority.
func signed(address string) tls.Certificate {
	authority, err := tls.LoadX509KeyPair(pki("ca.crt"), pki("ca.key"))
	if err != nil {
		log.Fatal(err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		log.Fatal(err)
	}
	wanted := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: address},
		NotBefore: time.Now().Add(-time.Minute), NotAfter: time.Now().Add(48 * time.Hour),
		IPAddresses: []net.IP{net.ParseIP(address)}, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	parent, err := x509.ParseCertificate(authority.Certificate[0])
	if err != nil {
		log.Fatal(err)
	}
	text, err := x509.CreateCertificate(rand.Reader, wanted, parent, &key.PublicKey, authority.PrivateKey)
	if err != nil {
		log.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		log.Fatal(err)
	}
	pair, err := tls.X509KeyPair(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: text}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}))
	if err != nil {
		log.Fatal(err)
	}
	return pair
}
