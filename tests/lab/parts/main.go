// The parts of the lab that are not real programs of their own: the kubelet of three nodes, the program
// that its pods run, what turns the cluster's objects into nginx's configuration, the clients, and the way of the API server
// into the cluster.
package main

import (
	"log"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	log.SetFlags(log.Ltime | log.Lmicroseconds)
	parts := map[string]func([]string){"kubelet": kubelet, "pod": pod, "router": router, "load": load,
		"egress": egress}
	if len(os.Args) < 2 || parts[os.Args[1]] == nil {
		log.Fatal("usage: lab kubelet | pod LISTEN... | router NAMESPACE DIR PORT [INGRESS] | load URL RATE LISTEN | egress SOCKET")
	}
	parts[os.Args[1]](os.Args[2:])
}

// untilTold returns when this process is asked to end.
func untilTold() {
	told := make(chan os.Signal, 1)
	signal.Notify(told, syscall.SIGTERM, syscall.SIGINT)
	<-told
}
