package main

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"rhapsode/cmd/rhapsode/internal/service"
	"rhapsode/internal/fault"
)

// outcome is what came of a publication so far, or of its rehearsal.
type outcome struct {
	base, repo string
	rehearsed  bool
	raw        []byte // JSON, as the service told it
	said       told
	edition    edition
	again      time.Duration // when it makes sense to ask again
}

// told is what the service says of a publication, of a rehearsal, or of having nothing to do.
type told struct {
	ID         int    `json:"id"`
	URL        string `json:"href"`
	State      string `json:"state"`
	Why        string `json:"why"`
	EditionURL string `json:"edition_url"`
	PublishAt  string `json:"publish_at"`
	Passes     bool   `json:"passes"`
	Steps      []struct {
		Name  string `json:"name"`
		State string `json:"state"`
	} `json:"steps"`
	Findings    []finding `json:"findings"`
	Acceptances []struct {
		User  string `json:"user"`
		State string `json:"state"`
	} `json:"acceptances"`
	Edition json.RawMessage `json:"edition"` // of what is unchanged, all of it; otherwise its number
}

// edition is what was published.
type edition struct {
	Number    string `json:"number"`
	URL       string `json:"href"`
	Content   string `json:"content_url"`
	Downloads []struct {
		Size int64  `json:"size"`
		URL  string `json:"href"`
	} `json:"downloads"`
}

// finding is something that a check found.
type finding struct {
	Code     string `json:"code"`
	Severity string `json:"severity"`
	Path     string `json:"path"`
	Line     int    `json:"line"`
	Column   int    `json:"column"`
	Message  string `json:"message"`
	Mend     string `json:"mend"`
}

// String is a finding as compilers write them.
func (f finding) String() string {
	place := cmp.Or(f.Path, "(the work)")
	if f.Line > 0 {
		place = fmt.Sprintf("%s:%d:%d", place, f.Line, f.Column)
	}
	text := fmt.Sprintf("%s: %s: %s [%s]", place, f.Severity, f.Message, f.Code)
	if f.Mend != "" {
		text += "\n\t" + f.Mend
	}
	return text
}

// read takes in what the service says now.
func (o *outcome) read(a service.Answer) error {
	o.raw, o.said, o.again = a.Body, told{}, a.RetryAfter(leastPause)
	err := json.Unmarshal(a.Body, &o.said)
	if err == nil && o.said.State == "unchanged" {
		err = json.Unmarshal(o.said.Edition, &o.edition)
	}
	if err != nil {
		return fault.New(fault.Invalid, "publish", "the answer of the service", err)
	}
	return nil
}

// leastPause is how often a publication is looked at where the service does not say.
const leastPause = 200 * time.Millisecond

// ended says whether nothing will change any more.
func (o *outcome) ended() bool {
	switch o.said.State {
	case "done", "failed", "rejected", "cancelled", "unchanged":
		return true
	}
	return o.rehearsed
}

// idle says whether people or the clock have to do something first.
func (o *outcome) idle() bool {
	switch o.said.State {
	case "waiting-for-acceptance", "waiting-for-moderation", "scheduled":
		return true
	}
	return false
}

// show shows how far it is: the step that is under way and, where people are asked, how many have
// answered.
func (o *outcome) show(p progress) {
	if o.idle() {
		done := 0
		for _, a := range o.said.Acceptances {
			if a.State != "pending" {
				done++
			}
		}
		p.show(o.said.State, int64(done), int64(len(o.said.Acceptances)))
		return
	}
	if n := len(o.said.Steps); n > 0 {
		p.show(o.said.Steps[n-1].Name, 0, 0)
	}
}

// printJSON prints what the service told, on a line.
func (o *outcome) printJSON(w io.Writer) error {
	var line bytes.Buffer
	if err := json.Compact(&line, o.raw); err != nil {
		return fault.New(fault.Invalid, "publish", "the answer of the service", err)
	}
	line.WriteByte('\n')
	_, err := line.WriteTo(w)
	return err
}

// print prints the outcome for a person: what was found, how it stands, and where the edition is.
func (o *outcome) print(w io.Writer) error {
	b := bufio.NewWriter(w)
	count := map[string]int{}
	for _, f := range o.said.Findings {
		fmt.Fprintln(b, f)
		count[f.Severity]++
	}
	if len(o.said.Findings) > 0 {
		fmt.Fprintf(b, "%s, %s\n", plural(count["error"], "error"), plural(count["warning"], "warning"))
	}
	switch {
	case o.rehearsed && o.said.Passes:
		fmt.Fprintf(b, "%s can be published as it is\n", o.repo)
	case o.said.State == "unchanged":
		fmt.Fprintf(b, "nothing has changed since edition %s of %s\n", o.edition.Number, o.repo)
	case o.edition.Number != "":
		fmt.Fprintf(b, "edition %s of %s\n", o.edition.Number, o.repo)
	case !o.rehearsed:
		fmt.Fprintf(b, "publication %d of %s is %s\n", o.said.ID, o.repo, o.said.State)
	}
	o.printPlaces(b)
	return b.Flush()
}

// printPlaces prints where things are, and who is waited for.
func (o *outcome) printPlaces(b *bufio.Writer) {
	w := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	place := func(what, url string) {
		if url != "" {
			fmt.Fprintf(w, "  %s\t%s\n", what, o.base+url)
		}
	}
	place("what it is", o.edition.URL)
	place("its files", o.edition.Content)
	for _, d := range o.edition.Downloads {
		place(fmt.Sprintf("download, %d kB", (d.Size+999)/1000), d.URL)
	}
	if o.edition.Number == "" {
		place("status", o.said.URL)
	}
	if o.said.State == "scheduled" {
		fmt.Fprintf(w, "  due\t%s\n", o.said.PublishAt)
	}
	if o.said.State == "waiting-for-acceptance" {
		for _, a := range o.said.Acceptances {
			fmt.Fprintf(w, "  %s\t%s\n", a.User, a.State)
		}
	}
	w.Flush() // b keeps the first failure
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
