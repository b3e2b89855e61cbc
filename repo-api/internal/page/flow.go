package page

import (
	"net/http"

	"rhapsode/repo-api/flow"
)

// FlowURL is where the flow is drawn.
const FlowURL = "/docs/flow"

// Trial is a request that somebody wants to see the way of, and what came of it.
type Trial struct {
	Method, Target, Fields string

	Path   []string // the nodes it went through
	Status int
	Answer http.Header
	Dry    bool   // it would have changed something, and was stopped short of that
	Wrong  string // why it could not be tried
}

// StatusText is the status with its phrase.
func (t Trial) StatusText() string { return http.StatusText(t.Status) }

// Flow makes the page that draws the flow, with the way of a trial lit.
func (p *Pages) Flow(table []flow.Question, methods []string, trial Trial) ([]byte, error) {
	rows := make([]flowRow, len(table))
	for i, q := range table {
		rows[i] = flowRow{q, ruleURL(q.RFC), answerOf(table, q.Yes), answerOf(table, q.No)}
	}
	return p.write("flow.html", sheet{
		Title:  "The flow",
		Crumbs: []Crumb{{"Rhapsode", "/"}, {"docs", "/docs"}, {"flow", FlowURL}},
		Shape: struct {
			Trial
			Methods []string
			Diagram Diagram
			Rows    []flowRow
		}{trial, methods, DiagramOf(table, trial.Path, trial.Status), rows},
		Style: StyleURL,
	})
}

// flowRow is a node in words.
type flowRow struct {
	flow.Question
	Rule    string
	YesText string
	NoText  string
}
