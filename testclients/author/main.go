// Author is a small authoring client: it walks through what a person who
// writes a book over HTTP does, prints each request with its answer, and ends
// with status 1 at the first answer that a reader of the documentation would
// not expect. It serves as an example and as a smoke test:
//
//	go run ./testclients/author http://127.0.0.1:8080
//
// The token in RHAPSODE_TOKEN, if there is one, says who writes.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"time"

	"rhapsode/testclients/door"
)

func main() {
	if len(os.Args) < 2 || len(os.Args) > 3 {
		fmt.Fprintln(os.Stderr, "usage: author URL [REPOSITORY]   (RHAPSODE_TOKEN: of who writes)")
		os.Exit(2)
	}
	repo := "author-" + strconv.FormatInt(time.Now().UnixNano(), 36)
	if len(os.Args) == 3 {
		repo = os.Args[2]
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := walk(ctx, door.New(os.Args[1], 1, 30*time.Second).Bearing(os.Getenv("RHAPSODE_TOKEN")), repo, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "author:", err)
		os.Exit(1)
	}
}
