package conformance

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"rhapsode/testclients/conformance/exchange"
)

// answer is a response with what is due of it. Each method returns the answer,
// so that what is due of one reads as a sentence.
type answer struct {
	exchange.Response
	trial *trial
}

func (a *answer) get(name string) string { return a.Header.Get(name) }

// status is one of due.
func (a *answer) status(due ...int) *answer {
	a.trial.check(slices.Contains(due, a.Status), statuses(due), "%d", a.Status)
	return a
}

// done means that the request was carried out.
func (a *answer) done() *answer { return a.status(200, 201, 202, 204) }

// refused means that the client was told that it is at fault.
func (a *answer) refused() *answer {
	a.trial.check(a.Status/100 == 4 || a.Status == 501, "a refusal", "%d", a.Status)
	return a
}

// has means that the field is there and not empty.
func (a *answer) has(name string) *answer {
	a.trial.check(a.get(name) != "", "the field "+name, "%d without it", a.Status)
	return a
}

// lacks means that the field is not there.
func (a *answer) lacks(name string) *answer {
	a.trial.check(a.Header.Values(name) == nil, "no "+name, "%s: %s", name, a.get(name))
	return a
}

// field means that the field has just this value.
func (a *answer) field(name, due string) *answer {
	a.trial.check(a.get(name) == due, name+": "+due, "%d with %s: %q", a.Status, name, a.get(name))
	return a
}

// lists means that the field, a list, has the item.
func (a *answer) lists(name, item string) *answer {
	found := slices.ContainsFunc(list(a.Header.Values(name)), func(s string) bool { return strings.EqualFold(s, item) })
	a.trial.check(found, name+" with "+item, "%d with %s: %q", a.Status, name, strings.Join(a.Header.Values(name), ", "))
	return a
}

// content means that the content is just this.
func (a *answer) content(due string) *answer {
	a.trial.check(string(a.Body) == due, "the content "+strconv.Quote(clip([]byte(due))), "%q", clip(a.Body))
	return a
}

// same means that the field has the value that it has in other, which may be none.
func (a *answer) same(name string, other *answer) *answer {
	due, came := strings.Join(other.Header.Values(name), ", "), strings.Join(a.Header.Values(name), ", ")
	a.trial.check(came == due, name+": "+due, "%d with %s: %q", a.Status, name, came)
	return a
}

// mediaType returns the type of the content without parameters, in lower case.
func (a *answer) mediaType() string {
	t, _, _ := strings.Cut(a.get("Content-Type"), ";")
	return strings.ToLower(strings.TrimSpace(t))
}

// date returns the field as a time; it must be an IMF-fixdate (RFC 9110 5.6.7).
func (a *answer) date(name string) time.Time {
	at, err := time.Parse(http.TimeFormat, a.get(name))
	a.trial.check(err == nil, name+" as an IMF-fixdate", "%s: %q", name, a.get(name))
	return at
}

func statuses(due []int) string {
	words := make([]string, len(due))
	for i, s := range due {
		words[i] = strconv.Itoa(s)
	}
	return strings.Join(words, " or ")
}
