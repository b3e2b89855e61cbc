package faulty

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// at is where a document is.
func at(name string) string {
	if strings.HasPrefix(name, "closed/") || strings.HasPrefix(name, "locked/") {
		return "/" + name
	}
	return "/d/" + name
}

// versionOf is where the nth state of a document is, from 0.
func versionOf(name string, n int) string { return fmt.Sprintf("/v/%s/%d", name, n) }

// version is a state that a document had, for ever.
func (s *Server) version(r *request, place string) *reply {
	slash := strings.LastIndex(place, "/")
	if slash < 0 {
		return problem(404, "there is nothing of this name")
	}
	name := place[:slash]
	past := s.past[name]
	n, err := strconv.Atoi(place[slash+1:])
	if err != nil || n < 0 || n >= len(past) {
		return problem(404, "there is no such version")
	}
	if s.rules.writableVersions && r.method == "PUT" {
		return answer(204)
	}
	links := []string{link(at(name), "working-copy original timegate")}
	if n > 0 {
		links = append(links, link(versionOf(name, n-1), "predecessor-version"))
	}
	if n+1 < len(past) {
		links = append(links, link(versionOf(name, n+1), "successor-version"))
	}
	whose := "public"
	if r.has("Authorization") {
		whose = "private"
	}
	return s.only(r, ofReadOnly, func() *reply {
		return s.read(r, past[n], "Cache-Control", whose+", max-age=31536000, immutable",
			"Link", strings.Join(links, ", "), "Memento-Datetime", past[n].modified.Format(http.TimeFormat))
	})
}

func link(to, rel string) string { return "<" + to + `>; rel="` + rel + `"` }

// links are those of a document.
func (s *Server) links(name string) string {
	last := len(s.past[name]) - 1
	all := []string{
		link("/history", "version-history"), link(versionOf(name, last), "latest-version working-copy-of"),
		link(at(name), "original timegate"), link("/timemap/"+name, "timemap"),
	}
	if last > 0 {
		all = append(all, link(versionOf(name, last-1), "predecessor-version"))
	}
	return strings.Join(all, ", ")
}

// gate leads to the version of a document that was there at a time (RFC 7089 4.1.1).
func (s *Server) gate(r *request, name string) *reply {
	when, err := time.Parse(http.TimeFormat, r.get("Accept-Datetime"))
	if err != nil {
		return problem(400, "Accept-Datetime is no date")
	}
	chosen, past := 0, s.past[name]
	for n, d := range past {
		if !d.modified.After(when) {
			chosen = n
		}
	}
	switch {
	case s.rules.beginsLate && past[0].modified.After(when), s.rules.endsNow && when.After(s.now()):
		return problem(404, "nothing was there then")
	}
	return answer(302, "Location", versionOf(name, chosen), "Vary", "Accept-Datetime", "Cache-Control", "no-cache", "Link", link(at(name), "original timegate"))
}

// timeMap lists the versions of a document.
func (s *Server) timeMap(name string) *reply {
	lines := []string{link(at(name), "original timegate")}
	for n, d := range s.past[name] {
		lines = append(lines, link(versionOf(name, n), "memento")+`; datetime="`+d.modified.Format(http.TimeFormat)+`"`)
	}
	return answer(200, "Content-Type", "application/link-format").with(strings.Join(lines, ",\n") + "\n")
}
