package main

import (
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

const node = "lab"

type podObject struct {
	Metadata meta
	Spec     struct {
		Containers []container
	}
	Status struct {
		Phase, PodIP string
		Conditions   []struct{ Type, Status string }
	}
}

type container struct {
	Name, Image string
	Ports       []struct {
		Name          string
		ContainerPort int
	}
	ReadinessProbe *struct {
		HTTPGet struct {
			Path string
			Port any
		}
		InitialDelaySeconds, PeriodSeconds, TimeoutSeconds int
		SuccessThreshold, FailureThreshold                 int
	}
	Lifecycle struct {
		PreStop struct {
			Sleep struct{ Seconds int }
		}
	}
}

func (p podObject) head() meta { return p.Metadata }

// runner is one pod on this node: one process of its first container.
type runner struct {
	api      *api
	pod      podObject
	address  string // in the API
	began    time.Time
	restarts int
	ready    bool
	process  *exec.Cmd
	exited   chan bool
	goes     chan int64 // gets the grace period once, when the pod is deleted
}

// network finds a number of its own: this lab's pods have addresses below 10.N. Two labs on one machine
// would otherwise answer for each other's pods. The kubelet's port on the node's address claims it.
func network() (int, net.Listener) {
	for number := 66; number < 250; number++ {
		claim, err := net.Listen("tcp", fmt.Sprintf("127.%d.255.254:10250", number))
		if err == nil {
			return number, claim
		}
	}
	log.Fatal("no loopback network is free for pods")
	return 0, nil
}

// kubelet registers the node "lab", keeps its lease, and runs the pods that are bound to it until it is told
// to end; then their processes end too.
func kubelet([]string) {
	a := newAPI()
	below, claim := network()
	defer claim.Close()
	if err := register(a); err != nil {
		log.Fatal(err)
	}
	go heartbeat(a)
	var lock sync.Mutex
	runners, next := map[string]*runner{}, 0
	follow(a, "/api/v1/pods", "fieldSelector=spec.nodeName="+node, func(p podObject, gone bool) {
		lock.Lock()
		defer lock.Unlock()
		r := runners[p.Metadata.UID]
		if r == nil && !gone && p.Status.Phase == "Pending" {
			next++
			address := fmt.Sprintf("10.%d.%d.%d", below, next/250, next%250+1)
			r = &runner{api: a, pod: p, address: address, began: time.Now(), goes: make(chan int64, 1)}
			runners[p.Metadata.UID] = r
			go r.live()
		}
		if r != nil && (gone || p.Metadata.DeletionTimestamp != nil) {
			grace := int64(0)
			if p.Metadata.DeletionGraceSeconds != nil {
				grace = *p.Metadata.DeletionGraceSeconds
			}
			select {
			case r.goes <- grace:
			default:
			}
		}
	})
	untilTold()
	lock.Lock()
	for _, r := range runners {
		if r.process != nil {
			r.process.Process.Kill()
		}
	}
}

func register(a *api) error {
	err := a.post("/api/v1/nodes", object{"metadata": object{"name": node,
		"labels": object{"kubernetes.io/hostname": node, "kubernetes.io/os": "linux"}}})
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
	return a.patch("/api/v1/nodes/"+node+"/status", object{"status": object{
		"conditions": conditions, "capacity": room, "allocatable": room,
		"addresses": list{object{"type": "InternalIP", "address": "10.63.0.1"}}}})
}

// heartbeat renews the node's lease; a node without one is given up after 40 s.
func heartbeat(a *api) {
	leases := "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"
	for ; ; time.Sleep(8 * time.Second) {
		spec := object{"holderIdentity": node, "leaseDurationSeconds": 40,
			"renewTime": time.Now().UTC().Format("2006-01-02T15:04:05.000000Z")}
		if a.patch(leases+"/"+node, object{"spec": spec}) != nil {
			a.post(leases, object{"metadata": object{"name": node}, "spec": spec})
		}
	}
}

func (r *runner) path() string {
	return "/api/v1/namespaces/" + r.pod.Metadata.Namespace + "/pods/" + r.pod.Metadata.Name
}

func (r *runner) container() container { return r.pod.Spec.Containers[0] }

// live is the whole life of a pod.
func (r *runner) live() {
	if err := r.start(); err != nil {
		log.Fatal(err)
	}
	r.report("Running")
	probe := time.NewTimer(r.delay())
	failures := 0
	for {
		select {
		case grace := <-r.goes:
			r.stop(time.Duration(grace) * time.Second)
			return
		case <-r.exited:
			r.restarts++
			r.setReady(false)
			time.Sleep(time.Second)
			if err := r.start(); err != nil {
				log.Fatal(err)
			}
		case <-probe.C:
			failures = r.judge(r.probe(), failures)
			probe.Reset(r.period())
		}
	}
}

func (r *runner) start() error {
	args := []string{"pod"}
	for _, port := range r.container().Ports {
		args = append(args, fmt.Sprintf("%s:%d", real(r.address), port.ContainerPort))
	}
	process := exec.Command(os.Args[0], args...)
	process.Env = []string{"IMAGE=" + r.container().Image, "GOMAXPROCS=1"}
	process.Stderr = os.Stderr
	process.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	r.process, r.exited = process, make(chan bool)
	if err := process.Start(); err != nil {
		return err
	}
	go func(exited chan bool) {
		process.Wait()
		close(exited)
	}(r.exited)
	return nil
}

// stop does what a kubelet does: the preStop sleep and SIGTERM within the grace period, then SIGKILL, and
// the pod leaves the API.
func (r *runner) stop(grace time.Duration) {
	end := time.Now().Add(grace)
	sleep := time.Duration(r.container().Lifecycle.PreStop.Sleep.Seconds) * time.Second
	if sleep > grace {
		sleep = grace
	}
	time.Sleep(sleep)
	r.process.Process.Signal(syscall.SIGTERM)
	select {
	case <-r.exited:
	case <-time.After(time.Until(end)):
		r.process.Process.Kill()
		<-r.exited
	}
	r.ready = false
	r.report("Succeeded")
	err := r.api.call("DELETE", r.path(), "application/json", object{"gracePeriodSeconds": 0,
		"preconditions": object{"uid": r.pod.Metadata.UID}}, nil)
	if err != nil {
		log.Printf("%v", err)
	}
}

// ---- readiness ----

func (r *runner) delay() time.Duration {
	if p := r.container().ReadinessProbe; p != nil {
		return time.Duration(p.InitialDelaySeconds) * time.Second
	}
	return 0
}

func (r *runner) period() time.Duration {
	if p := r.container().ReadinessProbe; p != nil {
		return time.Duration(p.PeriodSeconds) * time.Second
	}
	return time.Hour
}

func (r *runner) port(of any) int {
	if number, ok := of.(float64); ok {
		return int(number)
	}
	for _, port := range r.container().Ports {
		if port.Name == of {
			return port.ContainerPort
		}
	}
	number, _ := strconv.Atoi(fmt.Sprint(of))
	return number
}

func (r *runner) probe() bool {
	p := r.container().ReadinessProbe
	if p == nil {
		return true
	}
	client := http.Client{Timeout: time.Duration(p.TimeoutSeconds) * time.Second,
		Transport: &http.Transport{DisableKeepAlives: true}}
	path := "/" + strings.TrimPrefix(p.HTTPGet.Path, "/")
	answer, err := client.Get(fmt.Sprintf("http://%s:%d%s", real(r.address), r.port(p.HTTPGet.Port), path))
	if err != nil {
		return false
	}
	answer.Body.Close()
	return answer.StatusCode >= 200 && answer.StatusCode < 400
}

// judge takes one probe's result: ready at the first good one, no longer ready after failureThreshold bad ones
// in a row. Answers how many those are.
func (r *runner) judge(good bool, failures int) int {
	if good {
		r.setReady(true)
		return 0
	}
	failures++
	if p := r.container().ReadinessProbe; p != nil && failures >= p.FailureThreshold {
		r.setReady(false)
	}
	return failures
}

func (r *runner) setReady(ready bool) {
	if r.ready != ready {
		r.ready = ready
		r.report("Running")
	}
}

// report writes the pod's status; a pod that is gone needs none.
func (r *runner) report(phase string) {
	now := time.Now().UTC().Format(time.RFC3339)
	word := map[bool]string{true: "True", false: "False"}
	conditions := list{}
	for _, kind := range []string{"Initialized", "ContainersReady", "Ready"} {
		conditions = append(conditions, object{"type": kind, "lastTransitionTime": now,
			"status": word[r.ready || kind == "Initialized"]})
	}
	state := object{"running": object{"startedAt": now}}
	if phase != "Running" {
		state = object{"terminated": object{"exitCode": 0, "finishedAt": now}}
	}
	c := r.container()
	err := r.api.patch(r.path()+"/status", object{"status": object{
		"phase": phase, "podIP": r.address, "podIPs": list{object{"ip": r.address}},
		"hostIP": "10.63.0.1", "startTime": r.began.UTC().Format(time.RFC3339), "conditions": conditions,
		"containerStatuses": list{object{"name": c.Name, "image": c.Image, "imageID": c.Image,
			"ready": r.ready, "started": true, "restartCount": r.restarts, "state": state}}}})
	if err != nil {
		log.Printf("%v", err)
	}
}
