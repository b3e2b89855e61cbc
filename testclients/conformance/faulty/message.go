package faulty

import (
	"encoding/json"
	"net/http"
	"strings"
)

// request is one request, framed and read.
type request struct {
	method, target string
	path           string // the target without a query
	header         http.Header
	body           []byte
	shut           bool // the connection ends after the answer
}

func (r *request) get(name string) string   { return r.header.Get(name) }
func (r *request) all(name string) []string { return r.header.Values(name) }
func (r *request) has(name string) bool     { return r.header.Values(name) != nil }
func (r *request) reads() bool              { return r.method == "GET" || r.method == "HEAD" }

// reply is one answer before it is framed.
type reply struct {
	status   int
	header   http.Header
	body     []byte
	undated  bool // a fault: no Date
	insisted bool // a fault: the body is sent where none may be
}

func answer(status int, fields ...string) *reply {
	a := &reply{status: status, header: http.Header{}}
	for i := 0; i < len(fields); i += 2 {
		a.set(fields[i], fields[i+1])
	}
	return a
}

func (a *reply) set(name, value string) *reply {
	a.header.Set(name, value)
	return a
}

func (a *reply) with(body string) *reply {
	a.body = []byte(body)
	return a
}

// problem is an error as RFC 9457 has it.
func problem(status int, detail string, fields ...string) *reply {
	body, _ := json.Marshal(map[string]any{ // strings and a number always marshal
		"type": "about:blank", "title": http.StatusText(status), "status": status, "detail": detail,
	})
	a := answer(status, fields...).set("Content-Type", "application/problem+json")
	a.body = body
	return a
}

// items splits a list field; a comma within quotes parts nothing.
func items(lines []string, commasSplit bool) (all []string) {
	text := strings.Join(lines, ",")
	quoted, from := false, 0
	for i := 0; i <= len(text); i++ {
		if i < len(text) && text[i] == '"' && !commasSplit {
			quoted = !quoted
		}
		if i == len(text) || text[i] == ',' && !quoted {
			if item := strings.Trim(text[from:i], " \t"); item != "" {
				all = append(all, item)
			}
			from = i + 1
		}
	}
	return all
}
