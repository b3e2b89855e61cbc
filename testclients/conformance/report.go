package conformance

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// Report is what a run found.
type Report struct {
	Target   string        `json:"target"`
	URL      string        `json:"url"`
	Started  time.Time     `json:"started"`
	Took     time.Duration `json:"took_ns"`
	Results  []Result      `json:"results"`
	Coverage Coverage      `json:"coverage"`
}

// Failures returns the results that failed, at any of the levels; no levels mean all.
func (r Report) Failures(levels ...Level) []Result {
	return slices.Collect(func(yield func(Result) bool) {
		for _, result := range r.Results {
			at := len(levels) == 0 || slices.Contains(levels, result.Level)
			if result.Outcome == Fail && at && !yield(result) {
				return
			}
		}
	})
}

// Requests is how many requests the cases made.
func (r Report) Requests() (n int) {
	for _, result := range r.Results {
		n += result.Requests
	}
	return n
}

// WriteJSON writes the whole report.
func (r Report) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(r)
}

// WriteText writes a screen of sums, and then every failure and everything that does not apply.
func (r Report) WriteText(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s at %s: %d requests in %v\n\n", r.Target, r.URL, r.Requests(), r.Took.Round(time.Millisecond))
	r.writeSums(&b)
	r.writeCoverage(&b)
	for _, f := range r.Failures() {
		fmt.Fprintf(&b, "\nFAIL  %s (%s, %s)\n      %s\n  due:  %s\n  came: %s\n", f.ID, f.Section(), f.Level, f.Text, f.Due, f.Why)
		for _, x := range f.Exchanges {
			b.WriteString(indent("    > ", x.Sent) + indent("    < ", x.Came))
		}
	}
	r.writeNotApplicable(&b)
	_, err := io.WriteString(w, b.String())
	return err
}

func (r Report) writeSums(b *strings.Builder) {
	sums := map[string]*[3]int{}
	var total [3]int
	var sections []string
	for _, result := range r.Results {
		section := chapter(result.Rule)
		if sums[section] == nil {
			sums[section] = &[3]int{}
			sections = append(sections, section)
		}
		sums[section][result.Outcome]++
		total[result.Outcome]++
	}
	slices.Sort(sections)
	t := tabwriter.NewWriter(b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "section\tpass\tfail\tnot applicable\t")
	for _, s := range sections {
		fmt.Fprintf(t, "%s\t%d\t%d\t%d\t\n", s, sums[s][Pass], sums[s][Fail], sums[s][NotApplicable])
	}
	fmt.Fprintf(t, "all\t%d\t%d\t%d\t\n", total[Pass], total[Fail], total[NotApplicable])
	t.Flush() // to a Builder, which takes everything
}

// chapter is the document and, of RFC 9110, the chapter: what one file of cases covers.
func chapter(r Rule) string {
	rfc, rest, _ := strings.Cut(r.ID, "/")
	if number, _, _ := strings.Cut(rest, "."); rfc == "9110" {
		number, _, _ = strings.Cut(number, "/")
		return fmt.Sprintf("RFC 9110 %2s", number)
	}
	return source(rfc)
}

func (r Report) writeCoverage(b *strings.Builder) {
	b.WriteString("\nanswers\n")
	for _, method := range slices.Sorted(maps.Keys(r.Coverage.Answers)) {
		fmt.Fprintf(b, "  %-8s", method)
		of := r.Coverage.Answers[method]
		for _, status := range slices.Sorted(maps.Keys(of)) {
			fmt.Fprintf(b, " %d:%d", status, of[status])
		}
		b.WriteString("\n")
	}
	if r.Coverage.Edges == nil {
		b.WriteString("edges of the decision diagram: no trace\n")
		return
	}
	fmt.Fprintf(b, "edges of the decision diagram: %d\n", len(r.Coverage.Edges))
	var edges []string
	for e, n := range r.Coverage.Edges {
		edges = append(edges, fmt.Sprintf("%s>%s:%d", e.From, e.To, n))
	}
	slices.Sort(edges)
	for line := range slices.Chunk(edges, 8) {
		b.WriteString("  " + strings.Join(line, " ") + "\n")
	}
}

func (r Report) writeNotApplicable(b *strings.Builder) {
	because := map[string][]string{}
	for _, result := range r.Results {
		if result.Outcome == NotApplicable {
			because[result.Why] = append(because[result.Why], result.ID)
		}
	}
	for _, why := range slices.Sorted(maps.Keys(because)) {
		fmt.Fprintf(b, "\nnot applicable: %s\n  %s\n", why, strings.Join(because[why], "\n  "))
	}
}

// indent puts with before each line of a message; a CR within a line is shown.
func indent(with, message string) string {
	text := strings.NewReplacer("\r\n", "\n", "\r", `\r`).Replace(message)
	return with + strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n"+with) + "\n"
}
