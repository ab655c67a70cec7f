package main

import (
	"context"
	"fmt"
	"log"
	"math/rand"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
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

// pod LISTEN...: the program in every image. The tag of $IMAGE is its version. It is ready a little after it
// has started, and on SIGTERM it closes its ports at once and lets open requests end.
func pod(listen []string) {
	image := os.Getenv("IMAGE")
	version := image[strings.LastIndex(image, ":")+1:]
	bad, began := badness(version), time.Now()
	counts := &served{codes: map[int]int{}}
	mux := http.NewServeMux()
	mux.Handle("/metrics", counts)
	mux.HandleFunc("/ready", func(w http.ResponseWriter, _ *http.Request) {
		if time.Since(began) < 300*time.Millisecond {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		at, code := time.Now(), http.StatusOK
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
