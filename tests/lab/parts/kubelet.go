package main

import (
	"crypto/tls"
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

type podObject struct {
	Metadata meta
	Spec     struct {
		NodeName, ServiceAccountName string
		Containers                   []container
		Volumes                      []volume
	}
	Status struct {
		Phase, PodIP string
		Conditions   []struct{ Type, Status string }
	}
}

type volume struct {
	Name      string
	ConfigMap struct{ Name string }
	Secret    struct{ SecretName string }
}

type container struct {
	Name, Image  string
	Args         []string
	VolumeMounts []struct{ Name, MountPath string }
	Resources    struct{ Requests, Limits map[string]string }
	Ports        []struct {
		Name          string
		ContainerPort int
	}
	ReadinessProbe *struct {
		HTTPGet struct {
			Path, Scheme string
			Port         any
		}
		Exec                                               *struct{} // the lab's pods have no such program: it counts as good
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
	lock     sync.Mutex // of the next two
	process  *exec.Cmd
	started  time.Time
	exited   chan bool
	goes     chan int64 // gets the grace period once, when the pod is deleted
}

// running is what the kubelet runs, by the pods' UIDs.
type running struct {
	sync.Mutex
	runners map[string]*runner
	below   int // the pods' addresses are below 10.N
	next    int
}

// kubelet registers the nodes, keeps their leases, and runs the pods that are bound to them until it is told
// to end; then their processes end too.
func kubelet([]string) {
	a := newAPI()
	below, claims := network()
	if confining() {
		if err := prepareGroup(); err != nil {
			log.Fatal(err)
		}
	}
	all := &running{runners: map[string]*runner{}, below: below}
	for i, claim := range claims {
		host, _, _ := net.SplitHostPort(claim.Addr().String())
		if err := register(a, nodeName(i), host); err != nil {
			log.Fatal(err)
		}
		go heartbeat(a, nodeName(i))
		go serve(a, nodeName(i), claim, all.use)
	}
	follow(a, "/api/v1/pods", "fieldSelector=spec.nodeName!=", func(p podObject, gone bool) { all.take(a, p, gone) })
	untilTold()
	all.Lock()
	for _, r := range all.runners {
		if process := r.now(); process != nil {
			process.Process.Kill()
			<-r.exited
			r.release()
		}
	}
	os.Remove(group())
}

// take sees a pod that came, changed or went.
func (all *running) take(a *api, p podObject, gone bool) {
	all.Lock()
	defer all.Unlock()
	r := all.runners[p.Metadata.UID]
	if r == nil && !gone && p.Status.Phase == "Pending" {
		all.next++
		address := fmt.Sprintf("10.%d.%d.%d", all.below, all.next/250, all.next%250+1)
		r = &runner{api: a, pod: p, address: address, began: time.Now(), goes: make(chan int64, 1)}
		all.runners[p.Metadata.UID] = r
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
	if gone {
		delete(all.runners, p.Metadata.UID)
	}
}

// use tells what each container on a node uses.
func (all *running) use(node string) []usage {
	all.Lock()
	defer all.Unlock()
	found := []usage{}
	for _, r := range all.runners {
		process := r.now()
		if process == nil || r.pod.Spec.NodeName != node {
			continue
		}
		cpu, memory, alive := use(process.Process.Pid)
		if alive {
			found = append(found, usage{fmt.Sprintf("container=%q,namespace=%q,pod=%q", r.container().Name,
				r.pod.Metadata.Namespace, r.pod.Metadata.Name), r.started, cpu, memory})
		}
	}
	return found
}

func (r *runner) path() string {
	return "/api/v1/namespaces/" + r.pod.Metadata.Namespace + "/pods/" + r.pod.Metadata.Name
}

func (r *runner) container() container { return r.pod.Spec.Containers[0] }

// live is the whole life of a pod.
func (r *runner) live() {
	if !r.launch() {
		return
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
			if !r.launch() {
				return
			}
		case <-probe.C:
			failures = r.judge(r.probe(), failures)
			probe.Reset(r.period())
		}
	}
}

// launch starts the process as soon as what it needs is there, a Secret for instance; false if the pod was deleted first.
func (r *runner) launch() bool {
	for {
		err := r.start()
		if err == nil {
			return true
		}
		log.Printf("%s waits: %v", r.pod.Metadata.key(), err)
		select {
		case <-r.goes:
			r.leave()
			return false
		case <-time.After(time.Second):
		}
	}
}

func (r *runner) start() error {
	process, err := r.command()
	if err != nil {
		return err
	}
	process.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	exited := make(chan bool)
	if err := process.Start(); err != nil {
		return err
	}
	r.lock.Lock()
	r.process, r.started, r.exited = process, time.Now(), exited
	r.lock.Unlock()
	if confining() {
		if err := r.confine(process.Process.Pid); err != nil {
			log.Fatal(err)
		}
	}
	go func() {
		process.Wait()
		close(exited)
	}()
	return nil
}

// now is the process that runs, if one does.
func (r *runner) now() *exec.Cmd {
	r.lock.Lock()
	defer r.lock.Unlock()
	return r.process
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
	if confining() {
		r.release()
	}
	r.report("Succeeded")
	r.leave()
}

// leave takes the pod out of the API.
func (r *runner) leave() {
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
	if p == nil || p.Exec != nil {
		return true
	}
	// As a kubelet, it asks nobody to prove who they are.
	client := http.Client{Timeout: time.Duration(p.TimeoutSeconds) * time.Second,
		Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	path := "/" + strings.TrimPrefix(p.HTTPGet.Path, "/")
	answer, err := client.Get(fmt.Sprintf("%s://%s:%d%s", scheme(p.HTTPGet.Scheme), real(r.address), r.port(p.HTTPGet.Port), path))
	if err != nil {
		return false
	}
	answer.Body.Close()
	return answer.StatusCode >= 200 && answer.StatusCode < 400
}

func scheme(of string) string {
	if of == "HTTPS" {
		return "https"
	}
	return "http"
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
