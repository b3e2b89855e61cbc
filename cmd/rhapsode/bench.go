package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"rhapsode/testclients/bench"
)

func (p *program) bench() *cobra.Command {
	var o bench.Options
	var asJSON bool
	var book string
	const use = "bench read|cond|write|publish"
	cmd := &cobra.Command{
		Use:       use,
		Short:     "Measure a service: reads, conditional reads, durable writes or publications",
		ValidArgs: []string{string(bench.Read), string(bench.Cond), string(bench.Write), benchPublish},
		Args:      exactly(1, use),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Mode, o.Token = bench.Mode(args[0]), cmp.Or(o.Token, os.Getenv(tokenVariable))
			report, err := measured(cmd.Context(), o, book)
			if err != nil {
				return err
			}
			if asJSON {
				return json.NewEncoder(p.out).Encode(report)
			}
			_, err = fmt.Fprint(p.out, report)
			return err
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.URL, "url", "http://127.0.0.1:8080", "of the service")
	f.StringVar(&o.Token, "token", "", "of who measures; empty: "+tokenVariable)
	f.StringVar(&o.Repo, "repo", "bench", "repository; made if it is not there")
	f.StringVar(&o.Branch, "branch", "main", "branch to read and write")
	f.IntVar(&o.Conns, "conns", 16, "connections")
	f.DurationVar(&o.For, "for", 10*time.Second, "how long to measure")
	f.IntVar(&o.Files, "files", 2000, "documents in the repository")
	f.IntVar(&o.Size, "size", 6<<10, "bytes of each document")
	f.Uint64Var(&o.Seed, "seed", 0, "of what is asked and written; 0: from the clock")
	f.StringVar(&book, "book", "", "publish: the git bundle of a book, published in new repositories")
	f.BoolVar(&asJSON, "json", false, "print the report as JSON")
	return cmd
}

const benchPublish = "publish"

// measured measures what was asked for.
func measured(ctx context.Context, o bench.Options, book string) (fmt.Stringer, error) {
	if o.Mode != benchPublish {
		return bench.Run(ctx, o)
	}
	return bench.Publish(ctx, bench.PublishOptions{URL: o.URL, Token: o.Token, Book: book, Conns: o.Conns, For: o.For, Seed: o.Seed})
}
