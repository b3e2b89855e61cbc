package conformance

import (
	"strconv"
	"strings"
	"time"
)

// caching is RFC 9111: the fields by which an answer guides caches.
func caching() []charge {
	return []charge{
		{"9111/4.2.2/said", Should, "a document that can change does not leave its freshness to guesses", func(t *trial) {
			got := t.get(t.document("one").path).status(200)
			t.check(got.get("Cache-Control") != "" || got.get("Expires") != "", "Cache-Control or Expires", "neither")
		}},
		{"9111/4.2/changing", Should, "a document that can change is not fresh for longer than a minute without being asked for", func(t *trial) {
			life, said := t.get(t.document("one").path).status(200).freshness()
			t.check(!said || life <= time.Minute, "max-age of a minute at most", "%v", life)
		}},
		{"9111/3/errors", Should, "an error may not be reused without asking", func(t *trial) {
			d := t.tagged("one")
			for _, got := range []*answer{
				t.get(t.free(".txt", "").path).status(404),
				t.put(d, "two", "If-Match", otherTag).status(412),
				t.refusedMethod(d),
			} {
				got.notKept()
			}
		}},
		{"9111/5.1/age", Must, "Age is a number of seconds", func(t *trial) {
			got := t.get(t.document("one").path).status(200)
			if got.get("Age") == "" {
				t.notApplicable("no answer carries Age: none came from a cache")
			}
			_, err := strconv.ParseUint(got.get("Age"), 10, 31)
			t.check(err == nil, "seconds", "Age: %q", got.get("Age"))
		}},
		{"9111/5.3/expires", Must, "Expires is a date", func(t *trial) {
			got := t.get(t.document("one").path).status(200)
			if got.get("Expires") == "" {
				t.notApplicable("no answer carries Expires")
			}
			got.date("Expires")
		}},
	}
}

// directive returns the value of a directive of Cache-Control, and whether it is there.
func (a *answer) directive(name string) (value string, there bool) {
	for _, item := range list(a.Header.Values("Cache-Control")) {
		key, value, _ := strings.Cut(item, "=")
		if strings.EqualFold(key, name) {
			return strings.Trim(value, `"`), true
		}
	}
	return "", false
}

// freshness is how long the answer may be reused without asking, and whether it says so.
func (a *answer) freshness() (life time.Duration, said bool) {
	for _, refusal := range []string{"no-store", "no-cache"} {
		if _, there := a.directive(refusal); there {
			return 0, true
		}
	}
	if value, there := a.directive("max-age"); there {
		seconds, err := strconv.Atoi(value)
		a.trial.check(err == nil && seconds >= 0, "max-age as a number of seconds", "%q", value)
		return time.Duration(seconds) * time.Second, true
	}
	return 0, false
}

// notKept means that no cache may give the answer again without asking.
func (a *answer) notKept() {
	life, said := a.freshness()
	a.trial.check(said && life == 0, "Cache-Control: no-store, or at least no-cache", "%d with Cache-Control: %q", a.Status, a.get("Cache-Control"))
}
