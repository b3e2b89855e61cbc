package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"rhapsode/cmd/rhapsode/internal/service"
	"rhapsode/fs-service/access"
	"rhapsode/fs-service/grants"
	"rhapsode/internal/fault"
)

// tokenVariable is where commands find the token of who types them. It is never in a URL.
const tokenVariable = "RHAPSODE_TOKEN"

// tokenFlags are what the token commands are told.
type tokenFlags struct {
	url, token, data string
	asJSON           bool
	made             newToken
	expires          time.Duration
}

// newToken is what POST /tokens takes.
type newToken struct {
	User    string     `json:"user"`
	Label   string     `json:"label,omitempty"`
	Expires *time.Time `json:"expires,omitempty"`
	Scope   struct {
		Repos []string `json:"repositories,omitempty"`
		Paths []string `json:"paths,omitempty"`
		Verbs []string `json:"verbs"`
	} `json:"scope"`
	Admin bool `json:"admin,omitempty"`
}

func (p *program) tokenCommand() *cobra.Command {
	var f tokenFlags
	cmd := &cobra.Command{
		Use:   "token",
		Short: "Say who may do what: make, list and revoke tokens",
		Args:  known,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.PersistentFlags().StringVar(&f.url, "url", "http://127.0.0.1:8080", "of the service")
	cmd.PersistentFlags().StringVar(&f.token, "token", "", "an admin's token; empty: "+tokenVariable)
	cmd.PersistentFlags().BoolVar(&f.asJSON, "json", false, "print JSON and nothing else")
	cmd.AddCommand(p.tokenNew(&f), p.tokenList(&f), p.tokenRevoke(&f))
	return cmd
}

func (p *program) tokenNew(f *tokenFlags) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "new --user NAME",
		Short: "Make a token, and print it this once",
		Long: "Make a token, and print it this once.\n" +
			"With --data, it is made through a data directory of up, serve or fs-service, which takes no\n" +
			"other token: a running service takes it within a second, another at its next start.",
		Args: exactly(0, "token new --user NAME"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.expires > 0 {
				at := time.Now().Add(f.expires).UTC().Truncate(time.Second)
				f.made.Expires = &at
			}
			if f.data != "" {
				return p.grant(*f)
			}
			return p.makeToken(cmd.Context(), *f)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.made.User, "user", "", "whose it is; with --admin: admin")
	flags.StringVar(&f.made.Label, "label", "", "what it is for")
	flags.StringSliceVar(&f.made.Scope.Repos, "repo", nil, "repositories, as patterns; none: every one")
	flags.StringSliceVar(&f.made.Scope.Paths, "path", nil, "documents or directories; none: all")
	flags.StringSliceVar(&f.made.Scope.Verbs, "verb", nil, "read, write, publish, moderate, admin; none: all but admin, or all of an admin's")
	flags.DurationVar(&f.expires, "expires", 0, "how long it is good, such as 720h; 0: for ever")
	flags.BoolVar(&f.made.Admin, "admin", false, "its holder may do everything, in the whole cell")
	flags.StringVar(&f.data, "data", "", "a data directory, instead of a running service and a token")
	return cmd
}

// made is what is printed of a new token.
type made struct {
	ID   string `json:"id"`
	User string `json:"user"`
	Text string `json:"token"`
}

func (p *program) makeToken(ctx context.Context, f tokenFlags) error {
	f.made.User = userOf(f.made)
	var m made
	if err := f.ask(ctx, http.MethodPost, "/tokens", f.made, &m); err != nil {
		return err
	}
	return p.printToken(m, f.asJSON)
}

// grant makes a token through a data directory.
func (p *program) grant(f tokenFlags) error {
	dir, err := nodeDir(f.data)
	if err != nil {
		return err
	}
	m, err := leaveToken(dir, f.made, time.Now())
	if err != nil {
		return err
	}
	return p.printToken(m, f.asJSON)
}

// leaveToken mints a token and leaves its record in a node's data directory.
func leaveToken(dir string, asked newToken, now time.Time) (made, error) {
	t := access.Token{
		User: userOf(asked), Label: asked.Label, Created: now.UTC().Truncate(time.Second), Admin: asked.Admin,
		Scope: access.Scope{Repos: asked.Scope.Repos, Paths: asked.Scope.Paths, Verbs: access.UsualVerbs(asked.Admin)},
	}
	if len(asked.Scope.Verbs) > 0 {
		t.Scope.Verbs = nil
		for _, v := range asked.Scope.Verbs {
			t.Scope.Verbs = append(t.Scope.Verbs, access.Verb(v))
		}
	}
	if asked.Expires != nil {
		t.Expires = *asked.Expires
	}
	text, t, err := access.Mint(t, rand.Reader)
	if err != nil {
		return made{}, err
	}
	return made{ID: t.ID, User: t.User, Text: text}, grants.Leave(dir, t)
}

func userOf(t newToken) string {
	if t.Admin {
		return cmp.Or(t.User, string(access.Admin))
	}
	return t.User
}

// nodeDir is the directory of a node in data: that of serve, the first of up, or data itself.
func nodeDir(data string) (string, error) {
	for _, dir := range []string{filepath.Join(data, soleNode), filepath.Join(data, "fs1"), data} {
		if _, err := os.Stat(filepath.Join(dir, "objects")); err == nil {
			return dir, nil
		}
	}
	return "", usage{fmt.Errorf("%s is no data directory of up, serve or fs-service", data)}
}

func (p *program) printToken(m made, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(p.out).Encode(m)
	}
	_, err := fmt.Fprintln(p.out, m.Text)
	return err
}

func (p *program) tokenList(f *tokenFlags) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the tokens; what only their holders know is not shown",
		Args:  exactly(0, "token list"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			var page struct {
				Items []struct {
					ID      string `json:"id"`
					User    string `json:"user"`
					Label   string `json:"label,omitempty"`
					Expires string `json:"expires,omitempty"`
					Admin   bool   `json:"admin,omitempty"`
					Scope   struct {
						Repos []string `json:"repositories,omitempty"`
						Paths []string `json:"paths,omitempty"`
						Verbs []string `json:"verbs"`
					} `json:"scope"`
				} `json:"items"`
			}
			if err := f.ask(cmd.Context(), http.MethodGet, "/tokens?limit=1000", nil, &page); err != nil {
				return err
			}
			if f.asJSON {
				return json.NewEncoder(p.out).Encode(page.Items)
			}
			w := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "ID\tUSER\tVERBS\tREPOSITORIES\tPATHS\tEXPIRES\tLABEL")
			for _, t := range page.Items {
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", t.ID, t.User, strings.Join(t.Scope.Verbs, ","),
					cmp.Or(strings.Join(t.Scope.Repos, ","), "all"), cmp.Or(strings.Join(t.Scope.Paths, ","), "all"), cmp.Or(t.Expires, "never"), t.Label)
			}
			return w.Flush() // which tells of the lines' failures too
		},
	}
}

func (p *program) tokenRevoke(f *tokenFlags) *cobra.Command {
	const use = "revoke ID"
	return &cobra.Command{
		Use:   use,
		Short: "Revoke a token, at once and everywhere",
		Args:  exactly(1, "token "+use),
		RunE: func(cmd *cobra.Command, args []string) error {
			id := args[0]
			if whole, _, ok := access.ParseText(id); ok {
				id = whole
			}
			return f.ask(cmd.Context(), http.MethodDelete, "/tokens/"+id, nil, nil)
		},
	}
}

// ask puts a question to the service, and reads the answer into v, if that is not nil.
func (f tokenFlags) ask(ctx context.Context, method, path string, asked, v any) error {
	c, err := service.New(f.url, cmp.Or(f.token, os.Getenv(tokenVariable)), 0)
	if err != nil {
		return usage{err}
	}
	defer c.Close()
	got, err := c.Ask(ctx, method, path, asked)
	if err != nil || v == nil {
		return err
	}
	return json.Unmarshal(got.Body, v)
}

// firstToken makes an admin's token for a node's data directory at its first start; later
// there is none to tell of. A lost one is replaced by token new --admin --data.
func firstToken(dir string, now time.Time) (text string, err error) {
	marker := filepath.Join(dir, "first-token")
	if _, err := os.Stat(marker); err == nil {
		return "", nil
	}
	m, err := leaveToken(dir, newToken{Admin: true, Label: "first start"}, now)
	if err != nil {
		return "", err
	}
	return m.Text, fault.Disk("remember token", os.WriteFile(marker, []byte(m.ID+"\n"), 0o600))
}

// awaitToken waits until the service knows a token that was left in a data directory.
func awaitToken(ctx context.Context, url, token string) error {
	ctx, cancel := context.WithTimeout(ctx, grantPatience)
	defer cancel()
	f := tokenFlags{url: url, token: token}
	for {
		err := f.ask(ctx, http.MethodGet, "/me", nil, nil)
		if err == nil {
			return nil
		}
		select {
		case <-time.After(grantInterval):
		case <-ctx.Done():
			return err
		}
	}
}

const (
	grantPatience = 15 * time.Second
	grantInterval = 100 * time.Millisecond
)
