package page_test

import (
	"net/url"
	"strings"
	"testing"

	"rhapsode/repo-api/flow"
	"rhapsode/repo-api/internal/page"
	"rhapsode/repo-api/internal/resource"
)

func parse(t *testing.T, target string) *url.URL {
	t.Helper()
	u, err := url.ParseRequestURI(target)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// TestTheWayBack reads the crumbs of a page: name@target.
func TestTheWayBack(t *testing.T) {
	tests := []struct{ target, want string }{
		{"/", "Rhapsode@/"},
		{"/repos", "Rhapsode@/ repositories@/repos"},
		{"/repos/book/commits?ref=a%2Fb", "Rhapsode@/ repositories@/repos book@/repos/book commits@/repos/book/commits?ref=a%2Fb"},
		{"/repos/book/branches/a%2Fb", "Rhapsode@/ repositories@/repos book@/repos/book branches@/repos/book/branches a/b@/repos/book/branches/a%2Fb"},
		{"/repos/book/history/x/y?ref=main", "Rhapsode@/ repositories@/repos book@/repos/book history@/repos/book/history/?ref=main" +
			" x@/repos/book/history/x?ref=main y@/repos/book/history/x/y?ref=main"},
		{"/repos/book/blame/x/y?ref=main", "Rhapsode@/ repositories@/repos book@/repos/book blame x y@/repos/book/blame/x/y?ref=main"},
		{"/repos/book/compare/main...a%2Fb", "Rhapsode@/ repositories@/repos book@/repos/book compare main...a/b@/repos/book/compare/main...a%2Fb"},
		{"/content/book@main/x%20y/", "Rhapsode@/ repositories@/repos book@/repos/book @main@/content/book@main/ x y@/content/book@main/x%20y/"},
		{"/problems/stale", "Rhapsode@/ problems stale"},
	}
	pages := page.New()
	for _, tt := range tests {
		text, err := pages.Of(map[string]string{}, parse(t, tt.target), "")
		if err != nil {
			t.Fatal(err)
		}
		_, nav, _ := strings.Cut(string(text), "<nav>")
		nav, _, _ = strings.Cut(nav, "</nav>")
		var got []string
		for crumb := range strings.SplitSeq(nav, " <span>/</span> ") {
			if target, name, linked := strings.Cut(strings.TrimPrefix(crumb, `<a href="`), `">`); linked {
				crumb = strings.TrimSuffix(name, "</a>") + "@" + strings.ReplaceAll(target, "&amp;", "&")
			}
			got = append(got, crumb)
		}
		if s := strings.Join(got, " "); s != tt.want {
			t.Errorf("%s\n got %s\nwant %s", tt.target, s, tt.want)
		}
	}
}

func TestAPageEscapesWhatItShows(t *testing.T) {
	const bad = `<script>"'&`
	shapes := []any{
		resource.Repo{Name: bad, Description: bad, Default: bad, Origin: &resource.Origin{Repo: bad, Ref: bad, Commit: bad, Title: bad, URL: "javascript:alert(1)"}},
		resource.List[resource.Repo]{Items: []resource.Repo{{Name: bad, Description: bad, URL: "javascript:alert(1)"}}},
		resource.List[resource.Branch]{Items: []resource.Branch{{Name: bad, Commit: bad}}},
		resource.Branch{Name: bad, Commit: bad},
		resource.Directory{Path: bad, Commit: bad, Items: []resource.Entry{{Name: bad, Kind: bad}}},
		resource.List[resource.Event]{Items: []resource.Event{{Commit: resource.Commit{Subject: bad, Message: bad, Author: resource.Person{Name: bad, Email: bad, When: bad}}}}},
		resource.CommitDetail{Commit: resource.Commit{Subject: bad, Message: bad + bad}, Changes: []resource.Change{{Path: bad, Kind: bad}}},
		resource.List[resource.Collection]{Items: []resource.Collection{
			{ID: bad, Path: bad, Malformed: &resource.Malformed{Reason: bad}}, {ID: bad, Metadata: &resource.BookMetadata{Title: bad, Licence: "javascript:alert(1)"}},
		}},
		resource.Collection{ID: bad, Metadata: &resource.BookMetadata{
			Title: bad, Abstract: bad, Subjects: []string{bad}, Roles: []resource.BookCredit{{Role: bad, Name: bad}},
		}, Contents: []resource.BookItem{{Kind: "section", Title: bad, Contents: []resource.BookItem{{Kind: "module", Title: bad, URL: "javascript:alert(1)"}}}}},
		resource.Module{ID: bad, Malformed: &resource.Malformed{Reason: bad}, Collections: []resource.Holder{{Title: bad}}},
		map[string]string{bad: bad},
	}
	pages := page.New()
	for _, shape := range shapes {
		text, err := pages.Of(shape, parse(t, "/repos/%3Cscript%3E"), "/next?after=%3Cscript%3E")
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "<script") || strings.Contains(string(text), `"javascript:`) || !strings.Contains(string(text), "</html>") {
			t.Errorf("%T: %s", shape, text)
		}
		if !strings.Contains(string(text), `rel="next"`) {
			t.Errorf("%T: no link to what follows", shape)
		}
	}
	text, err := pages.Flow(flow.Table(), []string{"GET"}, page.Trial{Method: bad, Target: bad, Fields: bad, Path: []string{bad}, Wrong: bad})
	if err != nil || strings.Contains(string(text), "<script") {
		t.Errorf("%v %s", err, text)
	}
}

func TestTheDiagramIsTheTable(t *testing.T) {
	table := flow.Table()
	path := strings.Fields("B13 B12 B11 B10 B9")
	d := page.DiagramOf(table, path, 400)
	if len(d.Boxes) != len(table) {
		t.Fatalf("%d boxes of %d nodes", len(d.Boxes), len(table))
	}
	places := map[[2]int]string{}
	ends, lit, litEnds := 0, 0, 0
	for i, box := range d.Boxes {
		if box.Name != table[i].Name {
			t.Errorf("box %d is %s, not %s", i, box.Name, table[i].Name)
		}
		place := [2]int{box.Left, box.Top}
		if other, taken := places[place]; taken {
			t.Errorf("%s stands on %s", box.Name, other)
		}
		places[place] = box.Name
		if box.Left < 0 || box.Top < 0 || box.Left+d.BoxWidth > d.Width || box.Top+d.BoxHeight > d.Height {
			t.Errorf("%s hangs over the edge", box.Name)
		}
		if last := box.Lines[len(box.Lines)-1]; last.Y > box.Top+d.BoxHeight-3 {
			t.Errorf("%s: %q hangs out of its box", box.Name, last.Text)
		}
		ends += len(box.Ends)
		if box.Lit {
			lit++
		}
		for _, end := range box.Ends {
			if end.Lit {
				litEnds++
			}
		}
	}
	if len(d.Arrows)+ends != 2*len(table) {
		t.Errorf("%d arrows and %d ends of %d answers", len(d.Arrows), ends, 2*len(table))
	}
	litArrows := 0
	for _, a := range d.Arrows {
		if a.Lit {
			litArrows++
		}
	}
	if lit != len(path) || litArrows != len(path)-1 || litEnds != 1 {
		t.Errorf("%d boxes, %d arrows, %d ends lit", lit, litArrows, litEnds)
	}
}
