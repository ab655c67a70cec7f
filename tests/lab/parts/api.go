package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// api talks to the API server of the cluster in $SGR_TEST_CLUSTER as its administrator.
type api struct {
	server string
	client *http.Client
}

func newAPI() *api {
	pki := filepath.Join(os.Getenv("SGR_TEST_CLUSTER"), "pki")
	pair, err := tls.LoadX509KeyPair(filepath.Join(pki, "admin.crt"), filepath.Join(pki, "admin.key"))
	if err != nil {
		log.Fatal(err)
	}
	authority, err := os.ReadFile(filepath.Join(pki, "ca.crt"))
	if err != nil {
		log.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authority)
	trusted := &tls.Config{Certificates: []tls.Certificate{pair}, RootCAs: roots}
	transport := &http.Transport{TLSClientConfig: trusted, ForceAttemptHTTP2: true}
	return &api{os.Getenv("SGR_TEST_SERVER"), &http.Client{Transport: transport}}
}

// call sends a body, if there is one, and decodes the answer into out, if that is wanted.
func (a *api) call(method, path, kind string, body, out any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	request, err := http.NewRequest(method, a.server+path, bytes.NewReader(text))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", kind)
	answer, err := a.client.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err = io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode >= 300 {
		err = fmt.Errorf("%s %s: %d %s", method, path, answer.StatusCode, text)
	}
	if err == nil && out != nil {
		err = json.Unmarshal(text, out)
	}
	return err
}

func (a *api) post(path string, body any) error {
	return a.call("POST", path, "application/json", body, nil)
}

func (a *api) patch(path string, body any) error {
	return a.call("PATCH", path, "application/strategic-merge-patch+json", body, nil)
}

// meta is what the lab reads of any object's metadata.
type meta struct {
	Name, Namespace, UID string
	ResourceVersion      string
	DeletionTimestamp    *time.Time
	DeletionGraceSeconds *int64 `json:"deletionGracePeriodSeconds"`
	Labels, Annotations  map[string]string
}

type named interface{ head() meta }

func (m meta) key() string { return m.Namespace + "/" + m.Name }

// store keeps all objects of one kind as the API server has them and tells of each change.
type store[T named] struct {
	sync.Mutex
	items map[string]T
}

// follow lists, watches, and lists again whenever the watch ends. `changed` gets each object that came or
// changed (gone: false) or went (gone: true).
func follow[T named](a *api, path, query string, changed func(item T, gone bool)) *store[T] {
	s := &store[T]{items: map[string]T{}}
	go func() {
		for {
			if err := s.round(a, path, query, changed); err != nil {
				log.Printf("watch of %s: %v", path, err)
			}
			time.Sleep(100 * time.Millisecond)
		}
	}()
	return s
}

func (s *store[T]) put(item T, gone bool, changed func(T, bool)) {
	s.Lock()
	if gone {
		delete(s.items, item.head().key())
	} else {
		s.items[item.head().key()] = item
	}
	s.Unlock()
	changed(item, gone)
}

func (s *store[T]) round(a *api, path, query string, changed func(T, bool)) error {
	var list struct {
		Metadata meta
		Items    []T
	}
	if err := a.call("GET", path+"?"+query, "", nil, &list); err != nil {
		return err
	}
	here := map[string]bool{}
	for _, item := range list.Items {
		here[item.head().key()] = true
		s.put(item, false, changed)
	}
	for _, item := range s.all() {
		if !here[item.head().key()] {
			s.put(item, true, changed)
		}
	}
	return s.watch(a, fmt.Sprintf("%s%s?%s&watch=1&resourceVersion=%s", a.server, path, query,
		url.QueryEscape(list.Metadata.ResourceVersion)), changed)
}

func (s *store[T]) watch(a *api, address string, changed func(T, bool)) error {
	answer, err := a.client.Get(address)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	events := json.NewDecoder(answer.Body)
	for {
		var event struct {
			Type   string
			Object json.RawMessage
		}
		if err := events.Decode(&event); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		var item T
		if event.Type == "ERROR" {
			return fmt.Errorf("%s", event.Object)
		}
		if err := json.Unmarshal(event.Object, &item); err != nil {
			return err
		}
		s.put(item, event.Type == "DELETED", changed)
	}
}

func (s *store[T]) all() []T {
	s.Lock()
	defer s.Unlock()
	items := make([]T, 0, len(s.items))
	for _, item := range s.items {
		items = append(items, item)
	}
	return items
}

func (s *store[T]) get(namespace, name string) (T, bool) {
	s.Lock()
	defer s.Unlock()
	item, found := s.items[namespace+"/"+name]
	return item, found
}

// object is any JSON object to be sent.
type object = map[string]any
type list = []any
