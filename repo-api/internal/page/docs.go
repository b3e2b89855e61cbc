package page

import (
	"strconv"

	"rhapsode/repo-api/internal/openapi"
)

// Docs makes the page that says in words what the surface is.
func (p *Pages) Docs(paths []openapi.Path) ([]byte, error) {
	return p.write("docs.html", sheet{
		Title: "Documentation", Crumbs: []Crumb{{"Rhapsode", "/"}, {"docs", "/docs"}},
		Shape: paths, JSON: "/openapi.json", Style: StyleURL,
	})
}

// mediaTypes are those of contents, in their order.
func mediaTypes(contents []openapi.Content) []string {
	var types []string
	for _, c := range contents {
		if c.Media == "*/*" {
			c.Media = "anything"
		}
		types = append(types, c.Media)
	}
	return types
}

// statuses are those of answers.
func statuses(answers []openapi.Answer) []string {
	var all []string
	for _, a := range answers {
		all = append(all, strconv.Itoa(a.Status))
	}
	return all
}
