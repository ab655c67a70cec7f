package main

import (
	"encoding/json"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"sync"
	"time"
)

// answers is what clients got from one version, or from nobody ("nginx" and "none").
type answers struct {
	OK, Failed int
	// when the first and the last answer came, in milliseconds of the epoch
	First, Last int64
}

type tally struct {
	sync.Mutex
	Sent, Done int
	By         map[string]*answers
	Problems   map[string]int
}

func (t *tally) add(who string, ok bool, problem string) {
	t.Lock()
	defer t.Unlock()
	now := time.Now().UnixMilli()
	a := t.By[who]
	if a == nil {
		a = &answers{First: now}
		t.By[who] = a
	}
	a.Last = now
	t.Done++
	if ok {
		a.OK++
	} else {
		a.Failed++
		t.Problems[problem]++
	}
}

// one sends a request and notes who answered what. An error without a version is nginx's own, and
// an answer that never came is nobody's.
func (t *tally) one(client *http.Client, url string) {
	answer, err := client.Get(url)
	if err != nil {
		t.add("none", false, err.Error())
		return
	}
	_, err = io.Copy(io.Discard, answer.Body)
	answer.Body.Close()
	version := answer.Header.Get("X-Version")
	if version == "" {
		version = "nginx"
	}
	if err != nil {
		t.add("none", false, err.Error())
		return
	}
	t.add(version, answer.StatusCode == http.StatusOK, version+" "+answer.Status)
}

// load URL RATE LISTEN: RATE requests a second at a constant pace, whether answers come or not. The tally
// is at LISTEN; when told to end, it sends nothing more, waits for what is open and prints the tally.
// Connections are kept; Go's client sends a GET once more if a kept connection turns out to be closed
// before any answer, as browsers and proxies do, and never after an answer.
func load(args []string) {
	url, listen := args[0], args[2]
	rate, err := strconv.Atoi(args[1])
	if err != nil {
		log.Fatal(err)
	}
	t := &tally{By: map[string]*answers{}, Problems: map[string]int{}}
	go func() {
		log.Fatal(http.ListenAndServe(listen, t))
	}()
	told, ended := make(chan bool), make(chan bool)
	go t.pace(url, rate, told, ended)
	untilTold()
	close(told)
	<-ended
	json.NewEncoder(os.Stdout).Encode(t)
}

func (t *tally) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	t.Lock()
	defer t.Unlock()
	json.NewEncoder(w).Encode(t)
}

func (t *tally) pace(url string, rate int, told, ended chan bool) {
	client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 500}}
	open := sync.WaitGroup{}
	tick := time.NewTicker(2 * time.Millisecond)
	began, sent := time.Now(), 0
	for {
		select {
		case <-told:
			open.Wait()
			close(ended)
			return
		case <-tick.C:
		}
		due := int(time.Since(began).Seconds() * float64(rate))
		for ; sent < due; sent++ {
			t.Lock()
			t.Sent++
			t.Unlock()
			open.Add(1)
			go func() {
				defer open.Done()
				t.one(client, url)
			}()
		}
	}
}
