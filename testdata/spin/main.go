// Spin is the program that go tool pprof is often explained with: eight goroutines
// that ask a channel nobody ever sends on, and never wait, since their select has
// a default. All of its processor time is in that one statement.
//
//	go run ./testdata/spin -o spin.pb.gz
//	flame top spin.pb.gz
//	flame list logicCode spin.pb.gz
//	flame graph spin.pb.gz -f spin.svg
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"runtime/pprof"
	"time"
)

func logicCode() {
	var c chan int
	for {
		select {
		case v := <-c:
			fmt.Println("received", v)
		default:
		}
	}
}

func main() {
	out := flag.String("o", "spin.pb.gz", "write the CPU profile to `FILE`")
	length := flag.Duration("t", 2*time.Second, "how long to spin")
	flag.Parse()
	f, err := os.Create(*out)
	if err != nil {
		log.Fatal(err)
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		log.Fatal(err)
	}
	for range 8 {
		go logicCode()
	}
	time.Sleep(*length)
	pprof.StopCPUProfile()
	if err := f.Close(); err != nil {
		log.Fatal(err)
	}
}
