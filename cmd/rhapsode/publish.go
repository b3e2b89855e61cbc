package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/spf13/cobra"

	"rhapsode/cmd/rhapsode/internal/service"
	"rhapsode/content"
	"rhapsode/internal/fault"
)

// publishFlags are what the publish command is told.
type publishFlags struct {
	repo, url, token string
	asked            newPublication
	at               string
	status, cancel   int
	wait             bool
	timeout          time.Duration
	asJSON, quiet    bool
}

// newPublication is what POST /repos/{repo}/publications takes.
type newPublication struct {
	Ref         string     `json:"ref"`
	Message     string     `json:"message,omitempty"`
	Collections []string   `json:"collections,omitempty"`
	DryRun      bool       `json:"dry_run,omitempty"`
	PublishAt   *time.Time `json:"publish_at,omitempty"`
}

// The exit codes of publish beside those of every command.
const (
	exitPeople = 3 // it waits for people, or for its time
	exitLater  = 4 // it is at work still, or nobody answers
)

// mostPatience is how long publish bears that nobody answers, if it may wait that long.
const mostPatience = time.Minute

func (p *program) publish() *cobra.Command {
	var f publishFlags
	const use = "publish REPO"
	cmd := &cobra.Command{
		Use:   use,
		Short: "Have a state of a repository become an edition",
		Long: `Have a state of a repository become an edition, or say what is in the way.

What is found is told as compilers tell it, FILE:LINE:COLUMN: error: what [code], and
in the line under it what would mend it. Progress goes to the standard error, the
outcome to the standard output.

Exit codes:
  0  there is an edition, or nothing has changed since the last, or a dry run found
     no error; without --wait: it is asked for
  1  it is refused: by what was found, or by people; or it was cancelled, or has failed
  2  it was asked wrongly
  3  --wait is over, and people have still to answer, or it is not yet time
  4  --wait is over, and it is still at work; or the service does not answer. It goes on
     without us: --status ID tells`,
		Args: exactly(1, use),
		RunE: func(cmd *cobra.Command, args []string) error {
			f.repo = args[0]
			if err := f.check(); err != nil {
				return usage{err}
			}
			return p.runPublish(cmd.Context(), f)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.url, "url", "http://127.0.0.1:8080", "of the service")
	flags.StringVar(&f.token, "token", "", "of who publishes; empty: "+tokenVariable)
	flags.StringVar(&f.asked.Ref, "ref", "", "branch, tag or commit (default: the default branch)")
	flags.StringArrayVar(&f.asked.Collections, "collection", nil, "id of one that is to be published; none: all")
	flags.StringVar(&f.asked.Message, "message", "", "what this edition is about")
	flags.BoolVar(&f.asked.DryRun, "dry-run", false, "look what would be found, and publish nothing")
	flags.StringVar(&f.at, "at", "", "publish then: a time such as 2027-01-31T08:00:00Z")
	flags.BoolVar(&f.wait, "wait", false, "follow it to its end")
	flags.DurationVar(&f.timeout, "timeout", 10*time.Minute, "how long --wait waits")
	flags.IntVar(&f.status, "status", 0, "tell of the publication of this id instead; with --wait, follow it")
	flags.IntVar(&f.cancel, "cancel", 0, "cancel the publication of this id instead")
	flags.BoolVar(&f.asJSON, "json", false, "print the outcome as the service tells it, in JSON, and nothing else")
	flags.BoolVar(&f.quiet, "quiet", false, "show no progress")
	return cmd
}

// check says what is wrong with what was typed.
func (f *publishFlags) check() error {
	if _, err := content.ParseRepoID(f.repo); err != nil {
		return err
	}
	if f.at != "" {
		at, err := time.Parse(time.RFC3339, f.at)
		if err != nil {
			return fmt.Errorf("--at %s is no time such as 2027-01-31T08:00:00Z", f.at)
		}
		f.asked.PublishAt = &at
	}
	switch {
	case f.status < 0 || f.cancel < 0:
		return errors.New("publications are counted from 1")
	case f.status > 0 && f.cancel > 0, f.asked.DryRun && f.status+f.cancel > 0:
		return errors.New("--status, --cancel and --dry-run exclude one another")
	case f.wait && (f.cancel > 0 || f.asked.DryRun):
		return errors.New("there is nothing to --wait for")
	}
	return nil
}

func (p *program) runPublish(ctx context.Context, f publishFlags) error {
	c, err := service.New(f.url, cmp.Or(f.token, os.Getenv(tokenVariable)), min(mostPatience, f.timeout))
	if err != nil {
		return usage{err}
	}
	defer c.Close()
	shown := newProgress(p.err, f.quiet || f.asJSON)
	o, err := f.ask(ctx, c, shown)
	shown.end()
	if err != nil {
		if fault.Is(err, fault.Unavailable) {
			err = exit{err, exitLater}
		}
		return err
	}
	print := o.print
	if f.asJSON {
		print = o.printJSON
	}
	if err := print(p.out); err != nil {
		return err
	}
	return f.verdict(o)
}

// ask does what was asked for, and follows it if that was asked for too.
func (f publishFlags) ask(ctx context.Context, c *service.Client, shown progress) (outcome, error) {
	method, path, asked := http.MethodPost, "/repos/"+f.repo+"/publications", any(f.asked)
	switch {
	case f.status > 0:
		method, path, asked = http.MethodGet, fmt.Sprintf("%s/%d", path, f.status), nil
	case f.cancel > 0:
		method, path, asked = http.MethodDelete, fmt.Sprintf("%s/%d", path, f.cancel), nil
	}
	got, err := c.Ask(ctx, method, path, asked)
	if err != nil {
		return outcome{}, err
	}
	o := outcome{base: c.URL, repo: f.repo, rehearsed: f.asked.DryRun}
	if err := o.read(got); err != nil {
		return o, err
	}
	if f.wait {
		if err := o.follow(ctx, c, f.timeout, shown); err != nil {
			return o, err
		}
	}
	return o, o.lookUp(ctx, c)
}

// verdict is the failure that an outcome is, or nil.
func (f publishFlags) verdict(o outcome) error {
	pub := o.said
	switch {
	case o.rehearsed && !pub.Passes:
		return errors.New("it can't be published as it is")
	case o.rehearsed, pub.State == "done", pub.State == "unchanged", pub.State == "cancelled" && f.cancel > 0:
		return nil
	case o.ended():
		return fmt.Errorf("publication %d is %s: %s", pub.ID, pub.State, pub.Why)
	case !f.wait:
		return nil
	case o.idle():
		return exit{fmt.Errorf("publication %d is %s still", pub.ID, pub.State), exitPeople}
	}
	return exit{fmt.Errorf("publication %d is %s still", pub.ID, pub.State), exitLater}
}

// follow looks at a publication, as often as the service says, until it has ended; and once
// more when the time is over. It goes on without us.
func (o *outcome) follow(ctx context.Context, c *service.Client, most time.Duration, shown progress) error {
	limited, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	for o.show(shown); !o.ended() && limited.Err() == nil; o.show(shown) {
		if err := service.Pause(limited, o.again); ctx.Err() != nil {
			return err
		}
		got, err := c.Ask(ctx, http.MethodGet, o.said.URL, nil)
		if err == nil {
			err = o.read(got)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// lookUp asks what the edition is, if there is one by now.
func (o *outcome) lookUp(ctx context.Context, c *service.Client) error {
	if o.said.EditionURL == "" || o.said.State != "done" {
		return nil
	}
	got, err := c.Ask(ctx, http.MethodGet, o.said.EditionURL, nil)
	if err != nil {
		var refusal *service.Refusal
		if errors.As(err, &refusal) && refusal.Status == http.StatusGone {
			return nil // it was withdrawn since
		}
		return err
	}
	return json.Unmarshal(got.Body, &o.edition)
}
