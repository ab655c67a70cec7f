package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"log"
	"math/rand"
	"net/http"
	"os"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

// served counts what one pod has answered.
type served struct {
	sync.Mutex
	codes   map[int]int
	buckets [6]int
	seconds float64
}

var bounds = [6]float64{0.005, 0.025, 0.1, 0.25, 0.5, 1}

func (s *served) add(code int, took time.Duration) {
	s.Lock()
	defer s.Unlock()
	s.codes[code]++
	s.seconds += took.Seconds()
	for i, bound := range bounds {
		if took.Seconds() <= bound {
			s.buckets[i]++
		}
	}
}

// ServeHTTP answers /metrics in the text format of Prometheus; the labels app and track come with the
// target that Prometheus scrapes.
func (s *served) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	s.Lock()
	defer s.Unlock()
	total := 0
	fmt.Fprintln(w, "# TYPE http_requests_total counter")
	for _, code := range []int{200, 500} {
		fmt.Fprintf(w, "http_requests_total{code=\"%d\"} %d\n", code, s.codes[code])
		total += s.codes[code]
	}
	fmt.Fprintln(w, "# TYPE request_seconds histogram")
	for i, bound := range bounds {
		fmt.Fprintf(w, "request_seconds_bucket{le=\"%g\"} %d\n", bound, s.buckets[i])
	}
	fmt.Fprintf(w, "request_seconds_bucket{le=\"+Inf\"} %d\nrequest_seconds_sum %g\nrequest_seconds_count %d\n",
		total, s.seconds, total)
}

// badness reads the share of errors off a version: 7-bad20 answers 20% of its requests with 500.
func badness(version string) float64 {
	found := regexp.MustCompile(`-bad(\d+)`).FindStringSubmatch(version)
	if found == nil {
		return 0
	}
	percent, _ := strconv.Atoi(found[1])
	return float64(percent) / 100
}

// pace is how often this machine hashes a block in a millisecond of processor time, found once at the start.
var pace = sync.OnceValue(func() float64 {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	const rounds = 20000
	began := spent()
	hash(rounds)
	return rounds / (float64(spent()-began) / 1e6)
})

// spent is this thread's processor time.
func spent() time.Duration {
	var at syscall.Timespec
	syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, 3, uintptr(unsafe.Pointer(&at)), 0) // CLOCK_THREAD_CPUTIME_ID
	return time.Duration(at.Nano())
}

func hash(rounds int) {
	block := [32]byte{}
	for range rounds {
		block = sha256.Sum256(block[:])
	}
}

// work spends so many milliseconds of processor time, as a program does that has something to compute.
func work(ms string) {
	if length, err := strconv.ParseFloat(ms, 64); err == nil && length > 0 {
		hash(int(length * pace()))
	}
}

// pod LISTEN...: the program in every image; ?ms=2 makes a request cost so much processor time. The tag of $IMAGE is its version. It is ready a little after it
// has started, and on SIGTERM it closes its ports at once and lets open requests end.
func pod(listen []string) {
	image := os.Getenv("IMAGE")
	version := image[strings.LastIndex(image, ":")+1:]
	bad, began := badness(version), time.Now()
	pace()
	counts := &served{codes: map[int]int{}}
	mux := http.NewServeMux()
	mux.Handle("/metrics", counts)
	mux.HandleFunc("/ready", func(w http.ResponseWriter, _ *http.Request) {
		if time.Since(began) < 300*time.Millisecond {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		at, code := time.Now(), http.StatusOK
		work(r.URL.Query().Get("ms"))
		if rand.Float64() < bad {
			code = http.StatusInternalServerError
		}
		w.Header().Set("X-Version", version)
		w.WriteHeader(code)
		fmt.Fprintln(w, version)
		counts.add(code, time.Since(at))
	})
	servers := []*http.Server{}
	for _, address := range listen {
		server := &http.Server{Addr: address, Handler: mux}
		servers = append(servers, server)
		go func() {
			if err := server.ListenAndServe(); err != http.ErrServerClosed {
				log.Fatal(err)
			}
		}()
	}
	untilTold()
	for _, server := range servers {
		server.Shutdown(context.Background())
	}
}
