package main

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"rhapsode/testclients/bench"
)

func (p *program) bench() *cobra.Command {
	var o bench.Options
	var asJSON bool
	const use = "bench read|cond|write"
	cmd := &cobra.Command{
		Use:       use,
		Short:     "Measure a service: reads, conditional reads or durable writes",
		ValidArgs: []string{string(bench.Read), string(bench.Cond), string(bench.Write)},
		Args:      exactly(1, use),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Mode = bench.Mode(args[0])
			report, err := bench.Run(cmd.Context(), o)
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
	f.StringVar(&o.Repo, "repo", "bench", "repository; made if it is not there")
	f.StringVar(&o.Branch, "branch", "main", "branch to read and write")
	f.IntVar(&o.Conns, "conns", 16, "connections")
	f.DurationVar(&o.For, "for", 10*time.Second, "how long to measure")
	f.IntVar(&o.Files, "files", 2000, "documents in the repository")
	f.IntVar(&o.Size, "size", 6<<10, "bytes of each document")
	f.Uint64Var(&o.Seed, "seed", 0, "of what is asked and written; 0: from the clock")
	f.BoolVar(&asJSON, "json", false, "print the report as JSON")
	return cmd
}
