package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// With $SGR_LAB_CGROUPS a pod's process gets what its container asks for: the processor shares of the request and the
// quota of the limit, in control groups (version 1) below /sys/fs/cgroup/cpu. Memory is not confined.
const cgroups = "/sys/fs/cgroup/cpu"

func confining() bool { return os.Getenv("SGR_LAB_CGROUPS") != "" }

// group is the folder of this kubelet's pods.
func group() string { return filepath.Join(cgroups, fmt.Sprintf("sgr-lab-%d", os.Getpid())) }

// prepareGroup makes the group of all pods, with the shares of the 64 cores that the nodes claim.
func prepareGroup() error {
	if err := os.MkdirAll(group(), 0o755); err != nil {
		return err
	}
	return write(group(), "cpu.shares", 64*1024)
}

func write(folder, name string, value int) error {
	return os.WriteFile(filepath.Join(folder, name), []byte(strconv.Itoa(value)), 0o644)
}

// milli reads a quantity of processor time: 100m, 2.
func milli(quantity string) int {
	if number, found := strings.CutSuffix(quantity, "m"); found {
		value, _ := strconv.Atoi(number)
		return value
	}
	value, _ := strconv.ParseFloat(quantity, 64)
	return int(value * 1000)
}

// confine puts a pod's process into a group of its own.
func (r *runner) confine(pid int) error {
	folder := filepath.Join(group(), r.pod.Metadata.UID)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	resources := r.container().Resources
	err := write(folder, "cpu.shares", max(2, milli(resources.Requests["cpu"])*1024/1000))
	if limit := milli(resources.Limits["cpu"]); err == nil && limit > 0 {
		err = write(folder, "cpu.cfs_quota_us", limit*100)
	}
	if err == nil {
		err = write(folder, "cgroup.procs", pid)
	}
	return err
}

// release removes a pod's group once nothing runs in it.
func (r *runner) release() { os.Remove(filepath.Join(group(), r.pod.Metadata.UID)) }
