package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"rhapsode/testclients/conformance"
)

func (p *program) conform() *cobra.Command {
	o := conformance.Options{}
	var list, asJSON, asJUnit bool
	var target, token string
	const use = "conform URL"
	cmd := &cobra.Command{
		Use:   use,
		Short: "Judge a server by HTTP's rules",
		Long: `Judge a server, ours or another's, by HTTP's rules.

Every case names its rule, what was due and what came. The server is written to:
a repository of its own is made and taken away again. With an admin's token, who may
do what is judged too, if the server asks (--anonymous none). Another server than Rhapsode
is described by a file (--target); testclients/conformance/testdata/target.json
is an example. The exit code is 1 if a MUST or SHOULD is broken.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if list {
				return nil
			}
			return exactly(1, use)(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if list {
				return listRules(p.out)
			}
			o.URL, o.Target = args[0], conformance.Rhapsode(cmp.Or(token, os.Getenv(tokenVariable)))
			if target != "" {
				if o.Target, err = loadTarget(target); err != nil {
					return err
				}
			}
			report, err := conformance.Run(cmd.Context(), o)
			if err != nil {
				return err
			}
			write := report.WriteText
			switch {
			case asJSON:
				write = report.WriteJSON
			case asJUnit:
				write = report.WriteJUnit
			}
			if err := write(p.out); err != nil {
				return err
			}
			if broken := len(report.Failures(conformance.Must, conformance.Should)); broken > 0 {
				return fmt.Errorf("%d rules are broken", broken)
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.BoolVar(&list, "list", false, "list the rules and judge nothing")
	f.StringSliceVar(&o.Only, "only", nil, "cases: their ids, beginnings of them (9110/13.1.1), or patterns")
	f.StringVar(&target, "target", "", "a file that describes another server")
	f.StringVar(&token, "token", "", "an admin's token; empty: "+tokenVariable)
	f.BoolVar(&o.Trace, "trace", false, "ask for the decisions that were taken, and count the edges")
	f.IntVar(&o.Conns, "conns", 16, "requests under way at once")
	f.DurationVar(&o.Timeout, "timeout", 0, "of one exchange (default 10s)")
	f.BoolVar(&asJSON, "json", false, "print the report as JSON")
	f.BoolVar(&asJUnit, "junit", false, "print the report as JUnit XML")
	cmd.MarkFlagsMutuallyExclusive("json", "junit")
	return cmd
}

func loadTarget(name string) (conformance.Target, error) {
	f, err := os.Open(name)
	if err != nil {
		return conformance.Target{}, usage{err}
	}
	defer f.Close()
	return conformance.Load(f)
}

func listRules(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, rule := range conformance.List() {
		fmt.Fprintf(w, "%s\t%s\t%s\n", rule.ID, rule.Level, rule.Text)
	}
	return w.Flush()
}
