package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/spf13/cobra"

	"rhapsode/internal/config"
)

// program is what the commands share.
type program struct {
	out, err io.Writer
	file     string // of the configuration; "": none
}

// usage is an error of whoever typed the command.
type usage struct{ error }

func (u usage) Unwrap() error { return u.error }

// exit is an error with an exit code of its own, which the command's help explains.
type exit struct {
	error
	code int
}

func (e exit) Unwrap() error { return e.error }

// execute carries out one command line and returns the exit code.
func execute(ctx context.Context, args []string, out, errOut io.Writer) int {
	p := &program{out: out, err: errOut}
	root := p.root()
	root.SetArgs(args)
	root.SetOut(out)
	root.SetErr(errOut)
	err := root.ExecuteContext(ctx)
	var asked usage
	var own exit
	switch {
	case err == nil:
		return 0
	case errors.As(err, &own):
		fmt.Fprintf(errOut, "rhapsode: %v\n", err)
		return own.code
	case errors.As(err, &asked):
		fmt.Fprintf(errOut, "rhapsode: %v (see rhapsode help)\n", err)
		return 2
	}
	fmt.Fprintf(errOut, "rhapsode: %v\n", err)
	return 1
}

func (p *program) root() *cobra.Command {
	root := &cobra.Command{
		Use:                        "rhapsode",
		Short:                      "A versioned content repository whose file system is a network service",
		Args:                       known,
		RunE:                       func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		SilenceErrors:              true,
		SuggestionsMinimumDistance: 2,
		SilenceUsage:               true,
	}
	root.PersistentFlags().StringVar(&p.file, "config", "", "configuration file, YAML or TOML")
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usage{err} })
	root.AddCommand(
		p.up(), p.serve(), p.fsService(), p.repoAPI(), p.lb(),
		p.importCommand(), p.publish(), p.tokenCommand(), p.bench(), p.conform(), p.config(), p.version(),
	)
	return root
}

// known refuses a word after rhapsode that is no command.
func known(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	text := fmt.Sprintf("there is no command %q", args[0])
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		text += fmt.Sprintf("; did you mean %q?", near[0])
	}
	return usage{errors.New(text)}
}

// exactly wants n arguments, which usageText names.
func exactly(n int, usageText string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) != n {
			return usage{fmt.Errorf("%d arguments given; it is rhapsode %s", len(args), usageText)}
		}
		return nil
	}
}

// load fills a part's settings. What is wrong with them, whoever asked can mend.
func (p *program) load(cmd *cobra.Command, section string, part any) error {
	if _, err := config.Load(section, part, cmd.Flags(), p.file); err != nil {
		return usage{err}
	}
	return nil
}

// logger says who speaks in every line.
func (p *program) logger(part, name string, level slog.Level) *slog.Logger {
	h := slog.NewJSONHandler(p.err, &slog.HandlerOptions{Level: level})
	return slog.New(h).With("part", part, "name", name)
}
