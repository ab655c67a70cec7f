package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
)

// Images that stand for real programs, in the folder $SGR_LAB_PROGRAMS. Every other image is the lab's own pod.
// A program gets its arguments from the pod, its volumes as files, and a kubeconfig with its service account's token;
// flags that no cluster would need tell it where this one keeps these things.
var programs = map[string]struct {
	file  string
	flags []string
}{
	"metrics-server": {"metrics-server", []string{"--kubeconfig=@kubeconfig", "--authentication-kubeconfig=@kubeconfig",
		"--authorization-kubeconfig=@kubeconfig", "--bind-address=@address", "--kubelet-certificate-authority=@authority"}},
	"prometheus-adapter": {"adapter", []string{"--lister-kubeconfig=@kubeconfig", "--authentication-kubeconfig=@kubeconfig",
		"--authorization-kubeconfig=@kubeconfig", "--bind-address=@address", "--prometheus-url=@prometheus"}},
	"vpa-recommender": {"recommender", []string{"--kubeconfig=@kubeconfig", "--address=@address:8942",
		"--recommender-interval=10s"}},
	"vpa-updater":              {"updater", []string{"--kubeconfig=@kubeconfig", "--address=@address:8943", "--updater-interval=10s"}},
	"vpa-admission-controller": {"admission-controller", []string{"--kubeconfig=@kubeconfig", "--address=@address:8944"}},
}

// command is the process of a pod's first container.
func (r *runner) command() (*exec.Cmd, error) {
	c := r.container()
	name := path.Base(strings.SplitN(c.Image, "@", 2)[0])
	program, known := programs[strings.SplitN(name, ":", 2)[0]]
	if !known || os.Getenv("SGR_LAB_PROGRAMS") == "" {
		args := []string{"pod"}
		for _, port := range c.Ports {
			args = append(args, fmt.Sprintf("%s:%d", real(r.address), port.ContainerPort))
		}
		process := exec.Command(os.Args[0], args...)
		process.Env = []string{"IMAGE=" + c.Image, "GOMAXPROCS=1"}
		process.Stderr = os.Stderr
		return process, nil
	}
	folder := filepath.Join(os.Getenv("SGR_TEST_CLUSTER"), "pods", r.pod.Metadata.UID)
	mounts, err := r.mount(folder)
	if err == nil {
		err = r.kubeconfig(filepath.Join(folder, "kubeconfig"))
	}
	if err != nil {
		return nil, err
	}
	here := strings.NewReplacer("@kubeconfig", filepath.Join(folder, "kubeconfig"), "@address", real(r.address),
		"@authority", pki("ca.crt"), "@prometheus", os.Getenv("SGR_TEST_PROMETHEUS"))
	args := []string{}
	for _, arg := range c.Args {
		args = append(args, mounts.Replace(arg))
	}
	for _, flag := range program.flags {
		args = append(args, here.Replace(flag))
	}
	process := exec.Command(filepath.Join(os.Getenv("SGR_LAB_PROGRAMS"), program.file), args...)
	process.Env = []string{"HOME=" + folder, "POD_NAME=" + r.pod.Metadata.Name, "NAMESPACE=" + r.pod.Metadata.Namespace}
	log.Printf("%s: %v", r.pod.Metadata.key(), process.Args)
	said, err := os.OpenFile(filepath.Join(os.Getenv("SGR_TEST_CLUSTER"), "log", "pod-"+r.pod.Metadata.Name),
		os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	process.Stdout, process.Stderr = said, said
	return process, err
}

// mount lays a pod's volumes into a folder; the replacer turns a path in the container into the one here.
func (r *runner) mount(folder string) (*strings.Replacer, error) {
	places := []string{}
	for _, v := range r.pod.Spec.Volumes {
		place := filepath.Join(folder, v.Name)
		if err := os.MkdirAll(place, 0o700); err != nil {
			return nil, err
		}
		if err := r.fill(place, v); err != nil {
			return nil, err
		}
		for _, m := range r.container().VolumeMounts {
			if m.Name == v.Name {
				places = append(places, "="+m.MountPath, "="+place)
			}
		}
	}
	return strings.NewReplacer(places...), nil
}

func (r *runner) fill(place string, v volume) error {
	var held struct{ Data map[string]string }
	space, kind, name := "/api/v1/namespaces/"+r.pod.Metadata.Namespace, "configmaps", v.ConfigMap.Name
	if v.Secret.SecretName != "" {
		kind, name = "secrets", v.Secret.SecretName
	}
	if name == "" {
		return nil
	}
	if err := r.api.call("GET", space+"/"+kind+"/"+name, "", nil, &held); err != nil {
		return err
	}
	for file, text := range held.Data {
		data := []byte(text)
		if kind == "secrets" {
			decoded, err := base64.StdEncoding.DecodeString(text)
			if err != nil {
				return err
			}
			data = decoded
		}
		if err := os.WriteFile(filepath.Join(place, file), data, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// kubeconfig writes one with a token of the pod's service account.
func (r *runner) kubeconfig(file string) error {
	var token struct{ Status struct{ Token string } }
	err := r.api.call("POST", fmt.Sprintf("/api/v1/namespaces/%s/serviceaccounts/%s/token", r.pod.Metadata.Namespace,
		r.pod.Spec.ServiceAccountName), "application/json", object{"spec": object{"expirationSeconds": 7200}}, &token)
	if err != nil {
		return err
	}
	text, err := json.Marshal(object{"apiVersion": "v1", "kind": "Config", "current-context": "lab",
		"clusters": list{object{"name": "lab", "cluster": object{"server": r.api.server, "certificate-authority": pki("ca.crt")}}},
		"users":    list{object{"name": "lab", "user": object{"token": token.Status.Token}}},
		"contexts": list{object{"name": "lab", "context": object{"cluster": "lab", "user": "lab"}}}})
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o600)
}
