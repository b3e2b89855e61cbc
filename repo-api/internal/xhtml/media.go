package xhtml

import (
	"strconv"
	"strings"

	"rhapsode/repo-api/internal/book"
)

// media shows the one of several alternatives that serves best here.
func (r *renderer) media(e *book.Element, p place) {
	tag := "div"
	if p.phrase || !isBlock(e) {
		tag, p = "span", p.running()
	}
	r.Element(tag, r.names(e, "media", e.Attr("class")), func() {
		alt := altOf(e)
		if best := r.best(e); best != nil {
			r.show(best, first(alt, best.Attr("alt"), altOf(best)), p)
		} else if alt != "" {
			r.Text(alt)
		}
		for _, c := range e.Children() {
			if isCNXML(c) && isAlternative(c) {
				r.flow(rest(c, "param"), p, "p")
				continue
			}
			if !isBlank(c) {
				r.flow([]*book.Element{c}, p, "p")
			}
		}
		d := r.destination(Reference{URL: e.Attr("longdesc")})
		if url := r.set.leads(d); url != "" && !p.linked {
			r.Element("a", Attrs{"class", "longdesc", "href", url}, func() { r.Text(first(d.Label, url)) })
		}
	})
}

// altOf is the text for those who can't see what is shown; early CNXML has it
// as a parameter.
func altOf(e *book.Element) string {
	if alt := e.Attr("alt"); alt != "" {
		return alt
	}
	for _, c := range e.Children() {
		if c.Name().Local == "param" && (c.Attr("name") == "alt" || c.Attr("name") == "title") {
			return c.Attr("value")
		}
	}
	return ""
}

func isAlternative(e *book.Element) bool {
	switch e.Name().Local {
	case "image", "audio", "video", "iframe", "flash", "java-applet", "labview", "object", "download":
		return true
	}
	return false
}

// best chooses what is shown: what shows by itself before what is only led to,
// and what is for a screen before what is for paper.
func (r *renderer) best(e *book.Element) *book.Element {
	if e.Attr("src") != "" { // early CNXML: the medium itself, and within it what replaces it
		return e
	}
	var best *book.Element
	most := 0
	for _, c := range e.Children() {
		if !isCNXML(c) || !isAlternative(c) {
			continue
		}
		worth := 2
		if r.shows(r.destination(Reference{URL: c.Attr("src")})) {
			worth = 4
		}
		if f := c.Attr("for"); f == "pdf" || f == "print" {
			worth--
		}
		if worth > most {
			best, most = c, worth
		}
	}
	return best
}

// shows says whether what is at d can be shown on the page.
func (r *renderer) shows(d Destination) bool {
	return d.URL != "" && !d.Remote && (Shown(r.set.Medium, d.Type) || Played(d.Type))
}

// Shown says whether a picture of a media type can be part of a page.
func Shown(m Medium, mediaType string) bool {
	switch mediaType {
	case "image/jpeg", "image/png", "image/gif", "image/svg+xml":
		return true
	case "image/webp", "image/avif", "image/bmp":
		return m == Site
	}
	return false
}

// Played says whether a sound or film of a media type can be part of a page.
func Played(mediaType string) bool {
	switch mediaType {
	case "audio/mpeg", "audio/mp4", "video/mp4", "video/webm":
		return true
	}
	return false
}

// show writes a medium, or a link to what can't be shown.
func (r *renderer) show(e *book.Element, alt string, p place) {
	d := r.destination(Reference{URL: e.Attr("src")})
	switch {
	case !r.shows(d):
		r.led(e, d, alt, p)
	case Played(d.Type):
		r.play(d, alt, p)
	default:
		r.Void("img", Attrs{"src", d.URL, "alt", alt, "class", e.Attr("class"), "id", r.anchor(identity(e)),
			"width", pixels(e.Attr("width")), "height", pixels(e.Attr("height"))})
	}
}

func (r *renderer) play(d Destination, alt string, p place) {
	if p.linked {
		r.Text(alt)
		return
	}
	tag, _, _ := strings.Cut(d.Type, "/")
	r.Element(tag, Attrs{"controls", "controls", "src", d.URL, "aria-label", alt}, nil)
}

// led writes the way to a medium that is not part of the page.
func (r *renderer) led(e *book.Element, d Destination, alt string, p place) {
	name := first(alt, e.Attr("title"), e.Attr("src"), e.Attr("name"), e.Name().Local)
	as := Attrs{"class", classes("led", e.Name().Local), "id", r.anchor(identity(e))}
	url := r.set.leads(d)
	if url == "" || p.linked {
		if url == "" {
			r.find(e, "%q can't be shown, and there is nothing to lead to", first(e.Attr("src"), e.Name().Local))
		}
		r.Element("span", as, func() { r.Text(name) })
		return
	}
	r.Element("a", append(as, "href", url), func() { r.Text(r.words.open + ": " + name) })
}

// pixels is a length as HTML has it, "" if it is none.
func pixels(s string) string {
	n, err := strconv.ParseFloat(strings.TrimSuffix(s, "px"), 64)
	if err != nil || n < 1 || n > 10000 {
		return ""
	}
	return strconv.Itoa(int(n))
}
