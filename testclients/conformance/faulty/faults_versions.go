package faulty

import (
	"net/http"
	"strings"
)

// unrelated makes a server that knows no such relation.
func unrelated(rel string) func(*request, *reply) {
	return func(_ *request, a *reply) {
		if links := a.header.Get("Link"); links != "" {
			a.set("Link", strings.ReplaceAll(links, rel, "related"))
		}
	}
}

// versionFaults are those of a server whose versions do not lead to each other.
func versionFaults() []Fault {
	return []Fault{
		{Name: "no latest version", after: unrelated("latest-version"), Cases: []string{"5829/3.2/latest-version"}},
		{Name: "no working copy", after: unrelated("working-copy "), Cases: []string{"5829/3.3/working-copy"}},
		{Name: "a working copy of nothing", after: unrelated("working-copy-of"), Cases: []string{"5829/3.4/working-copy-of"}},
		{Name: "predecessor and successor confused", Cases: []string{"5829/3.5/predecessor", "5829/3.6/successor"}, after: func(_ *request, a *reply) {
			if links := a.header.Get("Link"); links != "" {
				a.set("Link", strings.NewReplacer("predecessor", "successor", "successor", "predecessor").Replace(links))
			}
		}},
		{Name: "Accept-Datetime ignored", before: blind("Accept-Datetime"), Cases: []string{"7089/4.1/gate", "7089/4.1/between", "7089/2.2.2/timegate"}},
		{Name: "no Vary by Accept-Datetime", after: less("Vary", "Accept-Datetime"), Cases: []string{"7089/2.1.2/vary"}},
		{Name: "a TimeGate without links", after: without("Link", 302), Cases: []string{"7089/2.1.4/gate-links"}},
		{Name: "a Memento without its time", after: without("Memento-Datetime", 0), Cases: []string{"7089/2.1.1/memento"}},
		{Name: "a Memento without an original", after: unrelated("original"), Cases: []string{"7089/2.2.1/original"}},
		{Name: "nothing before the first version", rules: func(r *rules) { r.beginsLate = true }, Cases: []string{"7089/4.5.3/before"}},
		{Name: "nothing after now", rules: func(r *rules) { r.endsNow = true }, Cases: []string{"7089/4.5.3/after"}},
		{Name: "a time that can't be read is now", Cases: []string{"7089/4.5.3/unreadable"}, before: func(r *request) {
			if _, err := http.ParseTime(r.get("Accept-Datetime")); err != nil {
				r.header.Del("Accept-Datetime")
			}
		}},
		{Name: "a TimeMap without times", Cases: []string{"7089/5/timemap"}, after: func(_ *request, a *reply) {
			a.body = []byte(strings.ReplaceAll(string(a.body), "; datetime=", "; title="))
		}},
	}
}
