// Package page makes the HTML in which a person reads what programs read as JSON.
//
// There is a template for every shape of package resource that people come by on
// their way from the root to the history of a paragraph; any other shape is shown
// member by member. A page runs no script and loads nothing but its stylesheet.
// html/template escapes whatever was not written here.
//
// Pages may be used from any goroutine.
package page

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"net/url"
	"strings"

	"rhapsode/internal/fault"
	"rhapsode/repo-api/internal/resource"
)

// Type is the media type of a page, and Language that of its words.
const (
	Type     = "text/html; charset=utf-8"
	Language = "en"
)

// StyleURL is where pages expect Style to be, of the type StyleType.
const (
	StyleURL  = "/docs/style.css"
	StyleType = "text/css; charset=utf-8"
)

// Policy is the Content-Security-Policy that a page can live with.
const Policy = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

//go:embed template style.css
var files embed.FS

// Style returns the stylesheet.
func Style() []byte {
	css, err := files.ReadFile("style.css")
	if err != nil {
		panic(err) // it is in the binary
	}
	return css
}

// Pages makes pages.
type Pages struct{ templates *template.Template }

// New parses the templates.
func New() *Pages {
	functions := template.FuncMap{"short": short, "day": day, "bytes": bytesText, "size": func(n int64) string { return bytesText(&n) }, "file": isFile, "mediaTypes": mediaTypes, "statuses": statuses}
	return &Pages{template.Must(template.New("").Funcs(functions).ParseFS(files, "template/*.html"))}
}

// sheet is what the templates see.
type sheet struct {
	Title  string
	Crumbs []Crumb
	Shape  any
	Next   string // where the next page of a list is; ""
	JSON   string // where the same is for programs; ""
	Style  string
}

// Of makes the page that shows shape, found at the URL at; next is where the list goes on.
func (p *Pages) Of(shape any, at *url.URL, next string) ([]byte, error) {
	crumbs := crumbsOf(at)
	name := templateOf(shape)
	if name == "members.html" {
		var err error
		if shape, err = members(shape); err != nil {
			return nil, err
		}
	}
	return p.write(name, sheet{
		Title: crumbs[len(crumbs)-1].Name, Crumbs: crumbs, Shape: shape,
		Next: next, JSON: resource.As(at, resource.AsJSON), Style: StyleURL,
	})
}

func (p *Pages) write(name string, s sheet) ([]byte, error) {
	var b bytes.Buffer
	if err := p.templates.ExecuteTemplate(&b, name, s); err != nil {
		return nil, fault.New(fault.Internal, "write page", name, err)
	}
	return b.Bytes(), nil
}

// templateOf names the template of a shape.
func templateOf(shape any) string {
	switch shape.(type) {
	case resource.Root:
		return "root.html"
	case resource.List[resource.Repo]:
		return "repos.html"
	case resource.Repo:
		return "repo.html"
	case resource.List[resource.Branch]:
		return "branches.html"
	case resource.Branch:
		return "branch.html"
	case resource.Directory:
		return "directory.html"
	case resource.List[resource.Event]:
		return "history.html"
	case resource.CommitDetail:
		return "commit.html"
	case resource.List[resource.Blamed]:
		return "blame.html"
	case resource.List[resource.Collection]:
		return "collections.html"
	case resource.Collection:
		return "collection.html"
	case resource.Module:
		return "module.html"
	case resource.Comparison:
		return "compare.html"
	case resource.List[resource.Version]:
		return "versions.html"
	case resource.Version:
		return "version.html"
	case resource.List[resource.Publication]:
		return "publications.html"
	case resource.Publication:
		return "publication.html"
	}
	return "members.html"
}

// members is a shape as its JSON has it.
func members(shape any) (m map[string]any, err error) {
	text, err := json.Marshal(shape)
	if err == nil {
		err = json.Unmarshal(text, &m)
	}
	if err != nil {
		return nil, fault.New(fault.Internal, "show members", fmt.Sprintf("%T", shape), err)
	}
	return m, nil
}

// short is how people write a digest.
func short(digest string) string { return digest[:min(len(digest), 10)] }

// day is the date of an RFC 3339 time.
func day(when string) string {
	date, _, _ := strings.Cut(when, "T")
	return date
}

// bytesText is a size for a person.
func bytesText(n *int64) string {
	switch {
	case n == nil:
		return ""
	case *n < 1<<10:
		return fmt.Sprintf("%d B", *n)
	case *n < 1<<20:
		return fmt.Sprintf("%.1f KiB", float64(*n)/(1<<10))
	}
	return fmt.Sprintf("%.1f MiB", float64(*n)/(1<<20))
}

// isFile says whether a value is a target on this server.
func isFile(v any) bool {
	s, ok := v.(string)
	return ok && strings.HasPrefix(s, "/") && !strings.Contains(s, "{")
}
