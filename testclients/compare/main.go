// Compare measures the service beside floors that do the least possible (see
// testclients/floor) and prints both, with their ratios, as the Markdown of
// docs/architecture/performance.md. It starts what it measures, on loopback and
// in a temporary folder, and ends it.
//
// Everything is measured in several short rounds in which all take turns, so
// that a machine that slows down slows down all of them; a figure is the median
// of its rounds.
//
//	go run ./testclients/compare --rhapsode bin/rhapsode
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"

	"rhapsode/testclients/floor"
)

func main() {
	if asked, err := floor.Main(os.Args[1:]); asked {
		exit(err)
	}
	var o options
	flag.StringVar(&o.binary, "rhapsode", "bin/rhapsode", "the program to measure")
	flag.IntVar(&o.rounds, "rounds", 3, "rounds; a figure is the median of them")
	flag.DurationVar(&o.count, "for", 2*time.Second, "length of one measurement of a round")
	flag.IntVar(&o.files, "files", 2000, "documents in the repository that is read and written")
	flag.IntVar(&o.few, "few", 100, "documents in the small repository, for the cost of a write")
	flag.IntVar(&o.many, "many", 20_000, "documents in the large one")
	flag.StringVar(&o.book, "book", "", "the git bundle of a book to publish (default: none is)")
	flag.StringVar(&o.dir, "dir", "", "folder for the data of both; it decides on which disk (default: a temporary one)")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	exit(run(ctx, o, os.Stdout, os.Stderr))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

type options struct {
	binary           string
	rounds           int
	count            time.Duration
	files, few, many int
	book, dir        string
}

// run measures in a folder of its own and writes the page to out and its progress to log.
func run(ctx context.Context, o options, out, log io.Writer) (err error) {
	dir, err := os.MkdirTemp(o.dir, "rhapsode-compare-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	c, err := start(ctx, o, dir, log)
	if err != nil {
		return err
	}
	results, err := c.measure(ctx)
	if err == nil && o.book != "" {
		results.published, err = c.publish(ctx)
	}
	if stopErr := c.stop(); err == nil {
		err = stopErr
	}
	if err != nil {
		return err
	}
	return page(out, o, results, theMachine(time.Now()))
}
