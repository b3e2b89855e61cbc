package conformance

import (
	"regexp"
	"slices"
	"strings"
)

// authentication is RFC 9110 11, 401 and 403, and what follows for caches and for
// bearer tokens (RFC 6750).
func authentication() []charge {
	return []charge{
		{"9110/15.5.2/challenge", Must, "401 carries a challenge", func(t *trial) {
			t.by(nil, "GET", t.protected(), "").status(401).has("WWW-Authenticate")
		}},
		{"9110/11.6.1/syntax", Must, "WWW-Authenticate is a scheme and its parameters", func(t *trial) {
			got := t.by(nil, "GET", t.protected(), "").status(401)
			for _, line := range got.Header.Values("WWW-Authenticate") {
				t.check(challenges.MatchString(line), "a scheme and its parameters", "%q", line)
			}
		}},
		{"9110/15.5.2/wrong", Must, "credentials that are none are 401 again, with a challenge", func(t *trial) {
			t.by(wrong, "GET", t.protected(), "").status(401).has("WWW-Authenticate")
		}},
		{"9110/15.5.2/alike", Choice, "to nobody, what is there and what is not look the same", func(t *trial) {
			there, none := t.by(nil, "GET", t.protected(), ""), t.by(nil, "GET", t.unknown(), "")
			t.alike(there.status(401), none)
			t.alike(t.by(nil, "DELETE", t.protected(), "", "If-Match", "*").status(401), t.by(nil, "DELETE", t.unknown(), "", "If-Match", "*"))
		}},
		{"9110/15.5.4/hidden", Choice, "to who may not know of it, what is there and what is not look the same", func(t *trial) {
			stranger := t.person(t.target.People.Stranger, "stranger")
			t.alike(t.by(stranger, "GET", t.protected(), "").status(404), t.by(stranger, "GET", t.unknown(), ""))
		}},
		{"9110/15.5.4/forbidden", Should, "who may read and not write is told 403, whatever they send with it, and nothing changes", func(t *trial) {
			reader, path := t.person(t.target.People.Reader, "reader"), t.protected()
			before := t.get(path).status(200)
			t.by(reader, "GET", path, "").status(200)
			t.by(reader, "PUT", path, "changed", "If-Match", "*", "Content-Type", "text/plain").status(403)
			t.by(reader, "DELETE", path, "", "If-Match", before.get("ETag")).status(403)
			t.get(path).status(200).content(string(before.Body)).same("ETag", before)
		}},
		{"9110/15.5.4/kept", Should, "401 and 403 are not given again by caches", func(t *trial) {
			t.by(nil, "GET", t.protected(), "").status(401).notKept()
			reader := t.person(t.target.People.Reader, "reader")
			t.by(reader, "PUT", t.protected(), "changed", "If-Match", "*", "Content-Type", "text/plain").status(403).notKept()
		}},
		{"9110/12.5.5/authorization", Should, "an answer that depends on who asks varies by Authorization, also 304", func(t *trial) {
			got := t.get(t.protected()).status(200).lists("Vary", "Authorization")
			if got.get("ETag") != "" {
				t.get(t.protected(), "If-None-Match", got.get("ETag")).status(304).lists("Vary", "Authorization")
			}
		}},
		{"9111/3.5/shared", Must, "what credentials opened is not offered to shared caches", func(t *trial) {
			for _, path := range []string{t.protected(), t.immutable(t.document("for me"))} {
				got := t.get(path).status(200)
				for _, leave := range []string{"public", "s-maxage", "must-revalidate"} {
					_, there := got.directive(leave)
					t.check(!there, "Cache-Control without "+leave, "%q", got.get("Cache-Control"))
				}
			}
		}},
		{"6750/3.1/invalid", Should, "a bearer token that is none is told of as invalid_token", func(t *trial) {
			got := t.by(wrong, "GET", t.bearing(), "").status(401)
			t.check(strings.Contains(got.get("WWW-Authenticate"), `error="invalid_token"`), `error="invalid_token"`, "%q", got.get("WWW-Authenticate"))
		}},
		{"6750/3.1/none", Should, "who brought nothing is told of no error", func(t *trial) {
			got := t.by(nil, "GET", t.bearing(), "").status(401)
			t.check(!strings.Contains(got.get("WWW-Authenticate"), "error="), "a challenge without error", "%q", got.get("WWW-Authenticate"))
		}},
	}
}

// wrong are credentials that nobody has.
var wrong = map[string]string{"Authorization": "Bearer nobody-has-this-token"}

// The syntax of challenges (RFC 9110 11.6.1).
const (
	token     = `[\w!#$%&'*+.^|~-]+`
	parameter = token + ` *= *(?:` + token + `|"(?:[^"\\]|\\.)*")`
	challenge = token + `(?: +(?:` + parameter + `(?: *, *` + parameter + `)*|[\w.~+/-]+=*))?`
)

var challenges = regexp.MustCompile(`^` + challenge + `(?: *, *` + challenge + `)*$`)

// protected is the path of something that nobody reads who does not say who they are.
func (t *trial) protected() string {
	path := t.place(t.target.Places.Protected, "protected")
	t.needs(Authentication, t.by(nil, "GET", path, "").Status == 401, "nobody is asked who they are")
	return path
}

// unknown is a path beside it where nothing is.
func (t *trial) unknown() string { return t.place(t.target.Places.Unknown, "unknown") }

// person is somebody whom the target knows.
func (t *trial) person(fields map[string]string, kind string) map[string]string {
	t.protected()
	if fields == nil {
		t.notApplicable("the target names no %s", kind)
	}
	return fields
}

// bearing is protected, where bearer tokens are asked for.
func (t *trial) bearing() string {
	path := t.protected()
	asked := t.by(nil, "GET", path, "").status(401).Header.Values("WWW-Authenticate")
	if !slices.ContainsFunc(asked, func(line string) bool { return strings.HasPrefix(strings.ToLower(line), "bearer") }) {
		t.notApplicable("no bearer tokens are asked for: %q", asked)
	}
	return path
}

// alike means that two answers do not tell what is there from what is not: what they say
// is the same but for the names that were asked for, and what tells one request from another.
func (t *trial) alike(there, none *answer) {
	none.status(there.Status)
	for _, name := range []string{"Content-Type", "WWW-Authenticate", "Vary", "Cache-Control", "Allow", "ETag", "Link"} {
		none.same(name, there)
	}
	a, b := t.faceless(there), t.faceless(none)
	t.check(a == b, "the same content", "%s and %s", clip([]byte(a)), clip([]byte(b)))
}

var instance = regexp.MustCompile(`"instance" *: *"[^"]*"`)

// faceless is the content of an answer without what names its request.
func (t *trial) faceless(a *answer) string {
	text := instance.ReplaceAllString(string(a.Body), "")
	for _, path := range []string{t.fill(t.target.Places.Protected, "", ""), t.unknown()} {
		text = strings.ReplaceAll(text, path, "")
		text = strings.ReplaceAll(text, path[strings.LastIndex(path, "/")+1:], "")
	}
	return text
}
