// The parts of the lab that are not real programs of their own: a kubelet for one node, the program
// that its pods run, what turns the cluster's objects into nginx's configuration, and the clients.
package main

import (
	"log"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	log.SetFlags(log.Ltime | log.Lmicroseconds)
	parts := map[string]func([]string){"kubelet": kubelet, "pod": pod, "router": router, "load": load}
	if len(os.Args) < 2 || parts[os.Args[1]] == nil {
		log.Fatal("usage: lab kubelet | pod LISTEN... | router NAMESPACE DIR PORT | load URL RATE LISTEN")
	}
	parts[os.Args[1]](os.Args[2:])
}

// untilTold returns when this process is asked to end.
func untilTold() {
	told := make(chan os.Signal, 1)
	signal.Notify(told, syscall.SIGTERM, syscall.SIGINT)
	<-told
}
