package main

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"rhapsode/internal/config"
)

// section is a part's settings under their name.
type section struct {
	name string
	part any
}

func sections() []section {
	var f config.File
	return []section{{"up", &f.Up}, {"serve", &f.Serve}, {"fs-service", &f.FS}, {"repo-api", &f.API}, {"lb", &f.LB}}
}

func (p *program) config() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "config",
		Short: "See the settings",
		Args:  known,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	show := &cobra.Command{
		Use:   "show",
		Short: "Print the settings of every part, or of one with its flags",
		Args:  known,
	}
	origin := show.PersistentFlags().Bool("origin", false, "say where each value came from")
	show.RunE = func(*cobra.Command, []string) error {
		for _, s := range sections() {
			values, err := config.Load(s.name, s.part, nil, p.file)
			if err != nil {
				return usage{err}
			}
			if err := p.print(values, *origin); err != nil {
				return err
			}
		}
		return nil
	}
	for _, s := range sections() {
		show.AddCommand(p.showOne(s, origin))
	}
	cmd.AddCommand(show)
	return cmd
}

func (p *program) showOne(s section, origin *bool) *cobra.Command {
	cmd := &cobra.Command{
		Use:   s.name,
		Short: "Print the settings of " + s.name,
		Args:  exactly(0, "config show "+s.name),
		RunE: func(cmd *cobra.Command, _ []string) error {
			values, err := config.Load(s.name, s.part, cmd.Flags(), p.file)
			if err != nil {
				return usage{err}
			}
			return p.print(values, *origin)
		},
	}
	config.Declare(cmd.Flags(), s.part)
	return cmd
}

func (p *program) print(values []config.Value, origin bool) error {
	w := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	for _, v := range values {
		if origin {
			fmt.Fprintf(w, "%s\t= %s\t(%s)\n", v.Key, v.Text, v.Origin)
		} else {
			fmt.Fprintf(w, "%s\t= %s\n", v.Key, v.Text)
		}
	}
	return w.Flush() // which tells of the lines' failures too
}
