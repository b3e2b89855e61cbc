package flow

import (
	"strconv"
	"strings"
	"time"
)

// Preferences are what the client would like, of what is known here (RFC 7240).
type Preferences struct {
	Return   string // "minimal" or "representation"; "": it says nothing
	Handling string // "strict" or "lenient"; "": it says nothing
	Trace    bool   // the path through the diagram is asked for
	Merge    bool   // what is stale should be brought together with what is there; the resource honours it
	DryRun   bool   // it should be said what would come of it, and nothing done; the resource honours it

	RespondAsync bool          // it need not be done when it is answered
	Waits        bool          // the client says how long it waits for an answer
	Wait         time.Duration // … and so long it does
}

// The preferences that only a resource can honour; it says so with Honour.
const (
	MergePreference  = "merge"
	DryRunPreference = "dry-run"
)

// ParsePrefer reads all lines of a Prefer field. What is unknown or not well
// formed is ignored, and of what is said twice the second (RFC 7240, 2).
func ParsePrefer(lines []string) Preferences {
	var p Preferences
	for _, line := range lines {
		for more := true; more; {
			var member string
			member, line, more = cutUnquoted(line, ',')
			member, _, _ = cutUnquoted(member, ';')
			name, value, ok := parsePreference(member)
			switch {
			case !ok:
			case name == "return" && p.Return == "" && (value == "minimal" || value == "representation"):
				p.Return = value
			case name == "handling" && p.Handling == "" && (value == "strict" || value == "lenient"):
				p.Handling = value
			case name == "trace" && value == "":
				p.Trace = true
			case name == MergePreference && value == "":
				p.Merge = true
			case name == DryRunPreference && value == "":
				p.DryRun = true
			case name == "respond-async" && value == "":
				p.RespondAsync = true
			case name == "wait" && !p.Waits:
				p.Wait, p.Waits = parseWait(value)
			}
		}
	}
	return p
}

// parseWait reads delta-seconds.
func parseWait(s string) (time.Duration, bool) {
	n, err := strconv.ParseUint(s, 10, 31)
	if err != nil {
		return 0, false
	}
	return time.Duration(n) * time.Second, true
}

// parsePreference reads name or name=value, with space around either.
func parsePreference(s string) (name, value string, ok bool) {
	name, value, valued := strings.Cut(s, "=")
	name, value = strings.ToLower(trim(name)), trim(value)
	if strings.HasPrefix(value, `"`) {
		value, ok = unquote(value)
		return name, value, ok && isToken(name)
	}
	return name, value, isToken(name) && (!valued || value == "" || isToken(value))
}

// strict finds a field that a lenient server ignores because it can't be understood.
func (x *Exchange) strict() error {
	h := x.Request.Header
	for _, field := range [...]string{"Accept", "Accept-Language", "Accept-Encoding"} {
		if _, err := ParseAccept(h[field]); err != nil {
			return &FieldError{field, err}
		}
	}
	for _, field := range [...]string{"If-Modified-Since", "If-Unmodified-Since"} {
		if lines := h[field]; len(lines) > 0 && dateIn(lines, x.engine.Now).IsZero() {
			return &FieldError{field, errDate}
		}
	}
	for _, field := range [...]string{wantContentDigest, wantReprDigest} {
		if _, err := parseWanted(h[field]); err != nil {
			return &FieldError{field, err}
		}
	}
	return nil
}

// did takes over what came of a change, in as many words as the client likes.
func (x *Exchange) did(done Done, err error) error {
	x.done = done
	switch {
	case err != nil, done.Pending:
	case x.Prefer.Return == "minimal":
		x.done.Content = nil
		x.apply("return=minimal")
	case x.Prefer.Return == "representation" && done.Content != nil:
		x.apply("return=representation")
	}
	return err
}

// Honour notes that the resource did as the preference asks.
func (x *Exchange) Honour(preference string) { x.apply(preference) }

// apply notes a preference that is honoured.
func (x *Exchange) apply(preference string) {
	if x.applied != "" {
		x.applied += ", "
	}
	x.applied += preference
}

// preferred tells what of the client's preferences was honoured.
func (x *Exchange) preferred() {
	h := x.writer.Header()
	if x.Prefer.Trace && x.engine.Trace != "" {
		x.apply("trace")
		h.Set(x.engine.Trace, x.trail())
	}
	if x.Prefer.Handling != "" {
		x.apply("handling=" + x.Prefer.Handling)
	}
	if x.applied != "" {
		h.Set("Preference-Applied", x.applied)
	}
}
