package conformance_test

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rhapsode/testclients/conformance"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestRulesHaveTheirReference(t *testing.T) {
	form := regexp.MustCompile(`^(4918|5789|5829|6585|6750|6902|7089|7240|7396|7578|7725|8246|8288|9110|9111|9112|9457|9530|draft-[a-z-]+-[0-9]{2})/[0-9A]+(\.[0-9]+)*/[a-z0-9-]+$`)
	seen := map[string]bool{}
	for _, r := range conformance.List() {
		if !form.MatchString(r.ID) || r.Text == "" {
			t.Errorf("%q: %q", r.ID, r.Text)
		}
		if seen[r.ID] {
			t.Errorf("%s is there twice", r.ID)
		}
		seen[r.ID] = true
	}
	if got := conformance.List()[0].Section(); got != "RFC 9110 6.6.1" {
		t.Errorf("the section is %q", got)
	}
}

func TestTargets(t *testing.T) {
	tests := []struct{ name, text, wrong string }{
		{"the least", `{"documents":"/files/{name}"}`, ""},
		{"claims and places", `{"name":"x","documents":"/{run}/{name}","claims":["tags","428"],"places":{"gone":"/gone","negotiated":{"path":"/","types":["a/b","c/d"]}}}`, ""},
		{"no documents", `{}`, "{name}"},
		{"all documents at one place", `{"documents":"/files"}`, "{name}"},
		{"a claim that is none", `{"documents":"/{name}","claims":["everything"]}`, `"everything"`},
		{"one type is no choice", `{"documents":"/{name}","places":{"negotiated":{"path":"/","types":["a/b"]}}}`, "1 types"},
		{"a member that is none", `{"documents":"/{name}","place":{}}`, `"place"`},
		{"no JSON", `documents: x`, "target"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := conformance.Load(strings.NewReader(tt.text))
			if tt.wrong == "" && err != nil || tt.wrong != "" && (err == nil || !strings.Contains(err.Error(), tt.wrong)) {
				t.Errorf("the error is %v", err)
			}
		})
	}
}

func TestTheExampleTargetLoads(t *testing.T) {
	f, err := os.Open("testdata/target.json")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := conformance.Load(f); err != nil {
		t.Error(err)
	}
}

// readOnly takes any PUT and stores nothing.
func readOnly(w http.ResponseWriter, r *http.Request) {
	w.Header().Set(conformance.TraceField, "B13 B12 "+map[bool]string{true: "O14", false: "G7"}[r.Method == "PUT"])
	if r.Method != "PUT" {
		http.NotFound(w, r)
	}
}

func TestRun(t *testing.T) {
	tests := []struct {
		name     string
		handler  http.HandlerFunc
		options  conformance.Options
		results  int
		failures int
		wrong    string
	}{
		{"by its ID", readOnly, conformance.Options{Only: []string{"9110/13.1.1/weak"}}, 1, 0, ""},
		{"by a section", readOnly, conformance.Options{Only: []string{"9110/15.5.5", "9110/9.3.1/"}}, 2, 1, ""},
		{"by a pattern", readOnly, conformance.Options{Only: []string{"9110/9.3.5/*"}}, 2, 1, ""},
		{"by no rule's name", readOnly, conformance.Options{Only: []string{"9110/13.1.1/we"}}, 0, 0, "names no case"},
		{"by no pattern", readOnly, conformance.Options{Only: []string{"["}}, 0, 0, "syntax"},
		{"where nothing can be made", http.NotFound, conformance.Options{Only: []string{"9110/13.1.1"}}, 0, 0, "no document can be made"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			server := httptest.NewServer(tt.handler)
			defer server.Close()
			tt.options.URL, tt.options.Target = server.URL, conformance.Target{Documents: "/{name}"}
			report, err := conformance.Run(context.Background(), tt.options)
			if tt.wrong == "" && err != nil || tt.wrong != "" && (err == nil || !strings.Contains(err.Error(), tt.wrong)) {
				t.Fatalf("the error is %v", err)
			}
			if len(report.Results) != tt.results || len(report.Failures()) != tt.failures {
				t.Errorf("%+v", report.Results)
			}
			if tt.wrong == "" && report.Coverage.Edges[conformance.Edge{From: "B12", To: "G7"}] == 0 {
				t.Errorf("the edges are %v", report.Coverage.Edges)
			}
		})
	}
}

// TestWhatIsExcusedIsToldOf: an excused failure is no failure, and says why; who passes needs no excuse.
func TestWhatIsExcusedIsToldOf(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(readOnly))
	defer server.Close()
	target := conformance.Target{Documents: "/{name}", Excused: map[string]string{"9110/9.3.1/bytes": "it stores nothing", "9110/15.5.5/missing": "it never fails"}}
	report, err := conformance.Run(t.Context(), conformance.Options{URL: server.URL, Target: target, Only: []string{"9110/9.3.1/bytes", "9110/15.5.5/missing"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range report.Results {
		if excused := r.Why == "it stores nothing"; excused != (r.Outcome == conformance.NotApplicable) || excused != (r.ID == "9110/9.3.1/bytes") {
			t.Errorf("%s: %v: %s", r.ID, r.Outcome, r.Why)
		}
	}
}

// TestAReportHoldsNoCredentials, since others read it.
func TestAReportHoldsNoCredentials(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(readOnly))
	defer server.Close()
	target := conformance.Target{Documents: "/{name}", Fields: map[string]string{"Authorization": "Bearer not-to-be-told"}}
	report, err := conformance.Run(t.Context(), conformance.Options{URL: server.URL, Target: target, Only: []string{"9110/9.3.1/bytes"}})
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if err := report.WriteJSON(&text); err != nil {
		t.Fatal(err)
	}
	if len(report.Failures()) != 1 || !strings.Contains(text.String(), "Authorization: Bearer") || strings.Contains(text.String(), "not-to-be-told") {
		t.Errorf("the report is %s", &text)
	}
}

func TestTheStageIsSetAndCleared(t *testing.T) {
	var came []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		came = append(came, r.Method+" "+r.URL.Path+" "+r.Header.Get("Authorization"))
		w.WriteHeader(http.StatusTeapot)
	}))
	defer server.Close()
	step := func(method string, expect int) []conformance.Step {
		return []conformance.Step{{Method: method, Path: "/stage/{run}", Expect: []int{expect}}}
	}
	target := conformance.Target{Documents: "/{name}", Fields: map[string]string{"Authorization": "me"}, Prepare: step("PUT", 418), Cleanup: step("DELETE", 204)}
	_, err := conformance.Run(context.Background(), conformance.Options{URL: server.URL + "/base", Run: "now", Target: target})
	if err == nil || !strings.Contains(err.Error(), "clean up: DELETE /base/stage/now: 418, not [204]") {
		t.Errorf("the error is %v", err)
	}
	if want := []string{"PUT /base/stage/now me", "PUT /base/d1.json me", "DELETE /base/stage/now me"}; !slices.Equal(came, want) {
		t.Errorf("%q came", came)
	}
}

func report() conformance.Report {
	rule := func(id string, level conformance.Level) conformance.Rule {
		return conformance.Rule{ID: id, Level: level, Text: "it is <so>"}
	}
	return conformance.Report{
		Target: "x", URL: "http://x", Took: 1500 * time.Millisecond,
		Results: []conformance.Result{
			{Rule: rule("9110/13.1.1/a", conformance.Must), Requests: 3},
			{Rule: rule("9110/13.1.1/b", conformance.Should), Outcome: conformance.Fail, Due: "412", Why: "200", Requests: 2,
				Exchanges: []conformance.Exchange{{Sent: "PUT / HTTP/1.1\r\nA: b\r\n\r\n", Came: "HTTP/1.1 200\n"}}},
			{Rule: rule("5789/2/c", conformance.Must), Outcome: conformance.NotApplicable, Why: "no PATCH", Requests: 1},
		},
		Coverage: conformance.Coverage{
			Answers: map[string]map[int]int{"PUT": {200: 2, 412: 1}},
			Edges:   map[conformance.Edge]int{{From: "B13", To: "B12"}: 7},
		},
	}
}

func TestReportAsText(t *testing.T) {
	var b bytes.Buffer
	if err := report().WriteText(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"x at http://x: 6 requests in 1.5s", "RFC 9110 13     1     1               0", "PUT      200:2 412:1", "B13>B12:7",
		"FAIL  9110/13.1.1/b (RFC 9110 13.1.1, SHOULD)", "due:  412", "came: 200", "> PUT / HTTP/1.1", "< HTTP/1.1 200",
		"not applicable: no PATCH\n  5789/2/c",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, &b)
		}
	}
	if strings.Contains(b.String(), "\r") {
		t.Error("a CR of the wire is in the text")
	}
}

func TestReportWithoutTrace(t *testing.T) {
	var b bytes.Buffer
	if err := (conformance.Report{}).WriteText(&b); err != nil || !strings.Contains(b.String(), "no trace") {
		t.Errorf("%v\n%s", err, &b)
	}
}

func TestReportAsJSON(t *testing.T) {
	var b bytes.Buffer
	if err := report().WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Results []struct {
			ID, Level, Rule, Outcome, Due, Why string
			Requests                           int
		}
		Coverage struct{ Edges map[string]int }
	}
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	failed := got.Results[1]
	if failed.ID != "9110/13.1.1/b" || failed.Level != "SHOULD" || failed.Rule != "it is <so>" || failed.Outcome != "fail" || failed.Due != "412" || failed.Why != "200" || failed.Requests != 2 {
		t.Errorf("%+v", failed)
	}
	if got.Results[2].Outcome != "not applicable" || got.Coverage.Edges["B13>B12"] != 7 {
		t.Errorf("%+v", got)
	}
}

func TestReportAsJUnit(t *testing.T) {
	var b bytes.Buffer
	if err := report().WriteJUnit(&b); err != nil {
		t.Fatal(err)
	}
	var got struct {
		XMLName  xml.Name `xml:"testsuite"`
		Tests    int      `xml:"tests,attr"`
		Failures int      `xml:"failures,attr"`
		Skipped  int      `xml:"skipped,attr"`
		Cases    []struct {
			Name    string `xml:"name,attr"`
			Class   string `xml:"classname,attr"`
			Failure *struct {
				Message string `xml:"message,attr"`
			} `xml:"failure"`
			Skipped *struct {
				Message string `xml:"message,attr"`
			} `xml:"skipped"`
		} `xml:"testcase"`
	}
	if err := xml.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got.Tests != 3 || got.Failures != 1 || got.Skipped != 1 || got.Cases[0].Failure != nil || got.Cases[0].Class != "RFC 9110 13.1.1" {
		t.Errorf("%+v", got)
	}
	if f := got.Cases[1].Failure; f == nil || f.Message != "SHOULD: it is <so>: due 412; came 200" {
		t.Errorf("%+v", f)
	}
	if s := got.Cases[2].Skipped; s == nil || s.Message != "no PATCH" {
		t.Errorf("%+v", s)
	}
}

func TestFailuresByLevel(t *testing.T) {
	if n := len(report().Failures(conformance.Must)); n != 0 {
		t.Errorf("%d rules of level MUST are broken", n)
	}
	if n := len(report().Failures(conformance.Must, conformance.Should)); n != 1 {
		t.Errorf("%d rules of both levels are broken", n)
	}
}
