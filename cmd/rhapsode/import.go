package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"rhapsode/cmd/rhapsode/internal/importer"
	"rhapsode/content"
	"rhapsode/fs-service/bundle"
	"rhapsode/internal/fault"
)

// importFlags are what the import command is told.
type importFlags struct {
	repo, url string
	token     string
	options   bundle.Options
	asJSON    bool
	quiet     bool
}

func (p *program) importCommand() *cobra.Command {
	var f importFlags
	const use = "import SOURCE --repo NAME"
	cmd := &cobra.Command{
		Use:   use,
		Short: "Bring a history in: a git bundle, a git repository or a plain folder",
		Long: "Bring a history in: a git bundle, a git repository or a plain folder.\n" +
			"Every branch and tag comes with the ids it has. Interrupted and run again, it goes on.",
		Args: exactly(1, use),
		RunE: func(cmd *cobra.Command, args []string) error {
			if _, err := content.ParseRepoID(f.repo); err != nil {
				return usage{err}
			}
			return p.runImport(cmd.Context(), args[0], f)
		},
	}
	cmd.Flags().StringVar(&f.repo, "repo", "", "repository to import into; made if it is not there")
	cmd.Flags().StringVar(&f.url, "url", "http://127.0.0.1:8080", "of the service")
	cmd.Flags().StringVar(&f.token, "token", "", "of who imports; empty: "+tokenVariable)
	cmd.Flags().StringVar(&f.options.Branch, "branch", "", "branch for what has none (default main)")
	cmd.Flags().StringVar(&f.options.Message, "message", "", "message of a folder's commit")
	cmd.Flags().StringVar(&f.options.TempDir, "temp-dir", "", "for the bundle that is made; empty: the system's")
	cmd.Flags().BoolVar(&f.asJSON, "json", false, "print the outcome as JSON and nothing else")
	cmd.Flags().BoolVar(&f.quiet, "quiet", false, "print nothing but errors")
	return cmd
}

func (p *program) runImport(ctx context.Context, source string, f importFlags) error {
	shown := newProgress(p.err, f.quiet || f.asJSON)
	f.options.Progress = shown.show
	st, err := importFrom(ctx, f, shown, func() (*bundle.File, error) { return bundle.From(ctx, source, f.options) })
	shown.end()
	if f.asJSON && (err == nil || st.Phase != "") {
		err = errors.Join(err, json.NewEncoder(p.out).Encode(st))
	} else if err == nil && !f.quiet {
		_, err = fmt.Fprintf(p.out, "%d refs are in %s/repos/%s\n", len(st.Refs), f.url, f.repo)
	}
	return err
}

// importFrom imports the bundle that open gives.
func importFrom(ctx context.Context, f importFlags, shown progress, open func() (*bundle.File, error)) (st importer.Status, err error) {
	file, err := open()
	if err != nil {
		return importer.Status{}, err
	}
	defer closing(file, &err)
	in, err := os.Open(file.Path)
	if err != nil {
		return importer.Status{}, fault.New(fault.Invalid, "import", "", err)
	}
	defer in.Close() // only read
	return importer.Run(ctx, importer.Options{
		URL: f.url, Token: cmp.Or(f.token, os.Getenv(tokenVariable)), Repo: f.repo, Default: shortName(file.Default), Bundle: in, Size: file.Size, SHA256: file.SHA256,
		Progress: func(st importer.Status) {
			if st.Phase == "receiving" {
				shown.show(st.Phase, st.Received, file.Size)
			} else {
				shown.show(st.Phase, st.Done, st.Total)
			}
		},
	})
}

func shortName(r content.RefName) string {
	if r == (content.RefName{}) {
		return ""
	}
	return r.Short()
}

// closing closes c and has err say so if that is the first failure.
func closing(c io.Closer, err *error) {
	if e := c.Close(); *err == nil {
		*err = e
	}
}
