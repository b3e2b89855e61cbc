package conformance

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"rhapsode/testclients/conformance/exchange"
)

// trial is one case under way. Its methods end the case at the first answer
// that is not due, so that a case reads as the sequence that is right.
// It belongs to the goroutine that tries the case.
type trial struct {
	*court
	ctx    context.Context
	recent []Exchange
	asked  int
	lonely bool // quiet is held for writing
}

// recentExchanges is how many exchanges a failure shows.
const recentExchanges = 3

// verdict ends a trial before its end. It travels as a panic to try, and no further.
type verdict struct {
	outcome  Outcome
	due, why string
}

// try tries one case to its end.
func (c *court) try(ctx context.Context, brought charge) (r Result) {
	t := &trial{court: c, ctx: ctx}
	r.Rule = brought.rule()
	defer func() {
		r.Requests = t.asked
		switch v := recover().(type) {
		case nil:
		case verdict:
			r.Outcome, r.Due, r.Why = v.outcome, v.due, v.why
			if why, excused := t.target.Excused[r.ID]; excused && v.outcome == Fail {
				r.Outcome, r.Why = NotApplicable, why
			}
			if r.Outcome == Fail {
				r.Exchanges = t.recent
			}
		default:
			panic(v)
		}
	}()
	brought.try(t)
	return r
}

func (t *trial) fail(due, why string, args ...any) {
	panic(verdict{Fail, due, fmt.Sprintf(why, args...)})
}

// notApplicable ends the case: the target has nothing to which the rule applies.
func (t *trial) notApplicable(why string, args ...any) {
	panic(verdict{NotApplicable, "", fmt.Sprintf(why, args...)})
}

// check fails the case unless what is due holds.
func (t *trial) check(holds bool, due, why string, args ...any) {
	if !holds {
		t.fail(due, why, args...)
	}
}

// has reports whether the target claims something.
func (c *court) has(what Claim) bool { return slices.Contains(c.target.Claims, what) }

// needs ends the case unless the target offers what it is about.
func (t *trial) needs(what Claim, offered bool, why string) {
	switch {
	case offered:
	case t.has(what):
		t.fail(string(what)+", which the target claims", "%s", why)
	default:
		t.notApplicable("%s is not offered: %s", what, why)
	}
}

// claimed ends the case unless the target claims what it is about.
func (t *trial) claimed(what Claim) {
	if !t.has(what) {
		t.notApplicable("the target does not claim %s", what)
	}
}

// place ends the case unless the target has a path of that kind, and returns it filled in.
func (t *trial) place(template, kind string) string {
	if template == "" {
		t.notApplicable("the target names no %s resource", kind)
	}
	return t.fill(template, "", "")
}

// ask sends a request without content.
func (t *trial) ask(method, path string, fields ...string) *answer {
	return t.send(t.request(method, path, nil, fields...))
}

// with sends a request with content.
func (t *trial) with(method, path, body string, fields ...string) *answer {
	return t.send(t.request(method, path, []byte(body), fields...))
}

// by asks as somebody: with these fields beside those of the target that tell
// nobody who asks.
func (t *trial) by(who map[string]string, method, path, body string, fields ...string) *answer {
	all := maps.Clone(t.target.Fields)
	for _, name := range []string{"Authorization", "Cookie"} {
		maps.DeleteFunc(all, func(field, _ string) bool { return strings.EqualFold(field, name) })
	}
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, who)
	var content []byte
	if body != "" {
		content = []byte(body)
	}
	return t.send(t.requestAs(all, method, path, content, fields...))
}

// alone keeps other cases from asking while compare compares several answers
// about one state: a write by another may change what they say besides, such as
// under which commit the document is to be had now.
func (t *trial) alone(compare func()) {
	t.quiet.Lock()
	t.lonely = true
	defer func() {
		t.lonely = false
		t.quiet.Unlock()
	}()
	compare()
}

func (t *trial) get(path string, fields ...string) *answer  { return t.ask("GET", path, fields...) }
func (t *trial) head(path string, fields ...string) *answer { return t.ask("HEAD", path, fields...) }

func (t *trial) send(r exchange.Request) *answer {
	do := t.do
	if t.lonely {
		do = t.doAlone
	}
	got, err := do(t.ctx, r)
	t.keep(string(r.Bytes(t.client.Host())), got, err)
	if err != nil {
		t.fail("an answer", "%v", err)
	}
	return &answer{Response: got, trial: t}
}

// keep remembers an exchange for the report.
func (t *trial) keep(sent string, got exchange.Response, err error) {
	t.asked++
	if len(t.recent) == recentExchanges {
		t.recent = slices.Delete(t.recent, 0, 1)
	}
	t.recent = append(t.recent, Exchange{clip([]byte(credentials.ReplaceAllString(sent, "$1 …"))), tell(got, err)})
}

// credentials are not for a report, which others read.
var credentials = regexp.MustCompile(`(?mi)^((?:authorization|cookie):\s*\S{0,6})[^\r\n]*`)

// tell writes an answer as a person would want to see it.
func tell(got exchange.Response, err error) string {
	if err != nil {
		return err.Error()
	}
	var b strings.Builder
	fmt.Fprintf(&b, "HTTP/1.1 %d\n", got.Status)
	lines := make([]string, 0, len(got.Header))
	for name, values := range got.Header {
		lines = append(lines, name+": "+strings.Join(values, ", ")+"\n")
	}
	slices.Sort(lines)
	b.WriteString(strings.Join(lines, ""))
	if len(got.Body) > 0 {
		b.WriteString("\n" + clip(got.Body))
	}
	return b.String()
}

func clip(b []byte) string {
	const most = 600
	if len(b) > most {
		return fmt.Sprintf("%s… (%d bytes)", b[:most], len(b))
	}
	return string(b)
}
