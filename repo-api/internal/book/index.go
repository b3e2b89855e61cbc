package book

import (
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"rhapsode/content"
)

// Index finds the documents of a Source by what others call them.
type Index struct {
	files   []File
	exact   map[string]File
	folded  map[string]File   // by fold; of several, the first
	modules map[string][]File // CNXML, by id
	folders map[string]bool
}

// NewIndex makes an Index of files.
func NewIndex(files []File) *Index {
	x := &Index{
		files: files, exact: make(map[string]File, len(files)),
		folded: make(map[string]File, len(files)), modules: make(map[string][]File), folders: make(map[string]bool),
	}
	for _, f := range files {
		p := f.Path.String()
		x.exact[p] = f
		if _, taken := x.folded[fold(p)]; !taken {
			x.folded[fold(p)] = f
		}
		for dir := f.Path.Parent(); !x.folders[dir.String()]; dir = dir.Parent() {
			x.folders[dir.String()] = true
		}
		if KindOf(f.Path) == KindCNXML {
			id := moduleID(f.Path)
			x.modules[id] = append(x.modules[id], f)
		}
	}
	return x
}

// At returns the document at p.
func (x *Index) At(p content.Path) (File, bool) {
	f, ok := x.exact[p.String()]
	return f, ok
}

// Of returns the files of the kinds, ordered by path.
func (x *Index) Of(kinds ...Kind) []File {
	var fs []File
	for _, f := range x.files {
		if slices.Contains(kinds, KindOf(f.Path)) {
			fs = append(fs, f)
		}
	}
	return fs
}

// Module returns the module that the document at from calls id: of several of
// this id the one that is nearest in the tree.
func (x *Index) Module(from content.Path, id string) (File, bool) {
	candidates := x.modules[id]
	if len(candidates) == 0 {
		return File{}, false
	}
	return slices.MaxFunc(candidates, func(a, b File) int {
		return shared(from, a.Path) - shared(from, b.Path)
	}), true
}

// shared counts the folders that two paths have in common.
func shared(a, b content.Path) int {
	as, bs := a.Parent().Names(), b.Parent().Names()
	n := 0
	for n < len(as) && n < len(bs) && as[n] == bs[n] {
		n++
	}
	return n
}

// Target is where a URL in a document leads.
type Target struct {
	Place    Place
	File     File   // where Place is Inside
	Exact    bool   // Inside: the URL says the path as it is, not in another case or form
	Wanted   string // where Place is Missing: the path that was looked for
	Fragment string // what follows the "#", as far as it is no part of a name
}

// Place says in which way a URL leads somewhere.
type Place uint8

// The ways.
const (
	Missing Place = iota // into this work, where nothing is
	Inside               // to another document of this work
	Folder               // to a folder of it
	Itself               // to the document that holds the URL
	Outside              // to somewhere else in the world
)

// scheme is how a URL begins that leads out of the work.
var scheme = regexp.MustCompile(`^(?:[A-Za-z][A-Za-z0-9+.-]+:|//[^/]|www\.)`)

// Find follows a URL that stands in the document at from.
//
// Real books spell paths in many ways: with doubled slashes, spaces, characters
// that a URL would escape and names that hold them, in another case, or in
// another form of Unicode. The first reading that leads to a document is meant.
// A bare name is also looked for in media/, where exported books keep files.
func (x *Index) Find(from content.Path, raw string) Target {
	raw = strings.TrimSpace(raw)
	switch {
	case scheme.MatchString(raw):
		return Target{Place: Outside}
	case raw == "" || raw[0] == '#':
		return Target{Place: Itself, Fragment: strings.TrimPrefix(raw, "#")}
	}
	readings := readings(raw)
	for _, lookup := range [...]func(string) (File, bool){
		func(p string) (f File, ok bool) { f, ok = x.exact[p]; return f, ok },
		func(p string) (f File, ok bool) { f, ok = x.folded[fold(p)]; return f, ok },
	} {
		for _, r := range readings {
			for _, p := range places(from, r.path) {
				if f, ok := lookup(p); ok {
					return Target{Place: Inside, File: f, Exact: f.Path.String() == p, Fragment: r.fragment}
				}
			}
		}
	}
	for _, r := range readings {
		if x.folders[within(from, r.path)] {
			return Target{Place: Folder, Exact: true, Fragment: r.fragment}
		}
	}
	return Target{Place: Missing, Wanted: within(from, readings[len(readings)-1].path)}
}

// reading is one way to understand a relative URL.
type reading struct{ path, fragment string }

// readings are all ways to understand a relative URL, the most literal first.
func readings(raw string) []reading {
	raw = strings.ReplaceAll(raw, `\`, "/")
	path, fragment, _ := strings.Cut(raw, "#")
	short, _, _ := strings.Cut(path, "?")
	var rs []reading
	for _, r := range []reading{{raw, ""}, {path, fragment}, {short, fragment}} {
		rs = append(rs, r)
		if plain, err := url.PathUnescape(r.path); err == nil && plain != r.path {
			rs = append(rs, reading{plain, r.fragment})
		}
	}
	return slices.Compact(rs)
}

// places are the paths at which what from calls p may be.
func places(from content.Path, p string) []string {
	ps := []string{within(from, p), within(from, p+"/index.html")}
	if !strings.Contains(p, "/") {
		ps = append(ps, within(from, "../../media/"+p), "media/"+p)
	}
	return ps
}

// within resolves p against the folder of from; a leading slash is the root of the work.
func within(from content.Path, p string) string {
	if !strings.HasPrefix(p, "/") {
		p = from.Parent().String() + "/" + p
	}
	return strings.TrimPrefix(path.Clean("/"+p), "/")
}

// fold maps spellings that people take for the same to one.
func fold(p string) string { return strings.ToLower(norm.NFC.String(p)) }
