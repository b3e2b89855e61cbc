// Publisher is a small publishing client: it walks through what a person who makes editions
// of a book over HTTP does, prints each request with its answer, and ends with status 1 at
// the first answer that a reader of the documentation would not expect. It serves as an
// example and as a judge. It publishes a small book of its own, or that of a git bundle; the
// service has to take whoever brings no token for an admin, or RHAPSODE_TOKEN is one's.
//
//	go run ./testclients/publisher http://127.0.0.1:8080 [BUNDLE]
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"time"

	"rhapsode/testclients/door"
	"rhapsode/testclients/press"
)

func main() {
	if len(os.Args) < 2 || len(os.Args) > 3 {
		fmt.Fprintln(os.Stderr, "usage: publisher URL [BUNDLE]")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	d := door.New(os.Args[1], 1, time.Minute)
	repo := "publisher-" + strconv.FormatInt(time.Now().UnixNano(), 36)
	bundle := ""
	if len(os.Args) == 3 {
		bundle = os.Args[2]
	}
	r := &round{ctx: ctx, press: press.New(d, repo).As(os.Getenv("RHAPSODE_TOKEN")), door: d, repo: repo, out: os.Stdout}
	if err := r.walk(bundle); err != nil {
		fmt.Fprintln(os.Stderr, "publisher:", err)
		os.Exit(1)
	}
}
