package conformance

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// product tries every combination of 13.2.2's fields, a case for each method.
func product() []charge {
	var all []charge
	for _, method := range []string{"GET", "HEAD", "PUT", "POST", "PATCH", "DELETE"} {
		all = append(all, charge{
			"9110/13.2.2/product-" + strings.ToLower(method), Must,
			"the conditions of " + method + " are judged in this order, in every combination",
			func(t *trial) { t.product(method) },
		})
	}
	return all
}

// questions returns the product for one method. Dates are in the outermost
// loop, so that neighbours differ in few fields.
func questions(method string) []question {
	var all []question
	for _, modified := range []string{"", "before", "equal", "after", "junk"} {
		for _, unmodified := range []string{"", "old", "ok", "junk"} {
			for _, none := range []string{"", "hit", "weak", "miss", "star"} {
				for _, match := range []string{"", "hit", "weak", "miss", "star", "list"} {
					for _, ranged := range []string{"", "ok", "stale"} {
						for _, exists := range []bool{true, false} {
							all = append(all, question{method, match, unmodified, none, modified, ranged, exists})
						}
					}
				}
			}
		}
	}
	return all
}

// productWorkers is how many connections one method's product takes.
const productWorkers = 4

func (t *trial) product(method string) {
	t.needs(Tags, t.offers.tagged, "documents have no strong ETag")
	if method == "POST" && t.offers.can(method) {
		t.notApplicable("documents take POST, and what that does is the server's own")
	}
	if method == "PATCH" && t.offers.can(method) && !strings.Contains(t.offers.acceptPatch, mergePatch) {
		t.notApplicable("documents take PATCH, but no merge patch")
	}
	free := freedom{
		offered: t.offers.can(method), dated: t.offers.dated, ranges: t.offers.ranges, condition: t.has(Conditional),
	}
	all := questions(method)
	shares, results := make([]asker, productWorkers), make([]Result, productWorkers)
	var group sync.WaitGroup
	for i := range shares {
		shares[i] = asker{questions: all, first: i, free: free}
		group.Go(func() { results[i] = t.court.try(t.ctx, charge{try: shares[i].run}) })
	}
	group.Wait()
	var wrong []string
	for i, r := range results {
		t.asked += r.Requests
		if r.Outcome != Pass { // a question got no answer at all, or no document could be made for it
			t.recent = r.Exchanges
			panic(verdict{r.Outcome, r.Due, r.Why})
		}
		if wrong = append(wrong, shares[i].wrong...); t.recent == nil {
			t.recent = shares[i].shown
		}
	}
	examples := wrong[:min(len(wrong), maxExamples)]
	t.check(len(wrong) == 0, "what 13.2.2 says, in every combination", "%d of %d were otherwise, such as\n  %s",
		len(wrong), len(all), strings.Join(examples, "\n  "))
}

// maxExamples is how many wrong answers a failure of the product lists.
const maxExamples = 20

// asker asks its share of a method's questions, one after the other.
type asker struct {
	questions []question
	first     int
	free      freedom

	there []*document // documents that exist and are nobody else's
	count int
	wrong []string
	shown []Exchange // the first that was wrong
}

func (a *asker) run(t *trial) {
	for i := a.first; i < len(a.questions); i += productWorkers {
		a.put(t, a.questions[i])
	}
}

// put asks one question and takes the document's new state if it changed.
func (a *asker) put(t *trial, q question) {
	d := a.document(t, q)
	a.count++
	fields := append(a.conditions(t, q, d), "Content-Type", "application/json")
	var body string
	switch q.method {
	case "PUT", "POST":
		body = fmt.Sprintf(`{"share":%d,"count":%d}`, a.first, a.count)
	case "PATCH":
		fields[len(fields)-1] = "application/merge-patch+json"
		body = fmt.Sprintf(`{"count":%d}`, a.count)
	}
	var got *answer
	if body == "" {
		got = t.ask(q.method, d.path, fields...)
	} else {
		got = t.with(q.method, d.path, body, fields...)
	}
	if allowed := due(q, a.free); !slices.Contains(allowed, got.Status) || !whole(got) {
		a.wrong = append(a.wrong, fmt.Sprintf("%s: %d, not %s", q, got.Status, statuses(allowed)))
		if a.shown == nil {
			a.shown = slices.Clone(t.recent[len(t.recent)-1:])
		}
	}
	a.settle(t, q, d, got)
}

// settle keeps the document for later questions if it exists now.
func (a *asker) settle(t *trial, q question, d *document, got *answer) {
	if q.reads() || got.Status >= 300 {
		if q.exists {
			a.there = append(a.there, d)
		}
		return
	}
	if q.method != "DELETE" {
		t.look(d)
		a.there = append(a.there, d)
	}
}

// whole means that an answer carries what its status requires.
func whole(a *answer) bool {
	switch a.Status {
	case 206:
		return a.get("Content-Range") != ""
	case 304:
		return a.get("ETag") != "" && len(a.Body) == 0
	}
	return true
}

// document takes a document that exists, or a free one.
func (a *asker) document(t *trial, q question) *document {
	if !q.exists {
		return t.free(".json", "application/json")
	}
	if n := len(a.there); n > 0 {
		d := a.there[n-1]
		a.there = a.there[:n-1]
		return d
	}
	d := t.object(`{"share":` + strconv.Itoa(a.first) + `}`)
	if a.free.dated && q.reads() {
		t.old(d)
	}
	return d
}

// conditions spells a question's fields for a document.
func (a *asker) conditions(t *trial, q question, d *document) []string {
	tag, modified := d.tag, t.now().UTC()
	if !q.exists {
		tag = `"nothing-is-here"`
	} else if a.free.dated {
		modified, _ = http.ParseTime(d.modified) // look saw that it is a date
	}
	at := func(by time.Duration) string { return modified.Add(by).Format(http.TimeFormat) }
	var fields []string
	add := func(name, choice string, values map[string]string) {
		if choice != "" {
			fields = append(fields, name, values[choice])
		}
	}
	add("If-Match", q.match, map[string]string{
		"hit": tag, "weak": "W/" + tag, "miss": otherTag, "star": "*", "list": otherTag + `, W/"x" ,` + tag,
	})
	add("If-Unmodified-Since", q.unmodified, map[string]string{"old": at(-time.Hour), "ok": at(0), "junk": "yesterday"})
	add("If-None-Match", q.none, map[string]string{"hit": tag, "weak": "W/" + tag, "miss": otherTag, "star": "*"})
	add("If-Modified-Since", q.modified, map[string]string{
		"before": at(-time.Hour), "equal": at(0), "after": at(time.Second), "junk": "yesterday",
	})
	add("If-Range", q.ranged, map[string]string{"ok": tag, "stale": otherTag})
	if q.ranged != "" {
		fields = append(fields, "Range", "bytes=0-3")
	}
	return fields
}

// String says what was asked, as the failure of a case shows it.
func (q question) String() string {
	state := "something"
	if !q.exists {
		state = "nothing"
	}
	s := q.method + " on " + state
	for _, part := range [][2]string{
		{"If-Match", q.match}, {"If-Unmodified-Since", q.unmodified}, {"If-None-Match", q.none},
		{"If-Modified-Since", q.modified}, {"Range/If-Range", q.ranged},
	} {
		if part[1] != "" {
			s += ", " + part[0] + " " + part[1]
		}
	}
	return s
}
