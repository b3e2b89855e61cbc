package resource

import (
	"net/url"
	"strings"

	"rhapsode/content"
	"rhapsode/internal/fault"
)

// Place is what a URL under /content/ names.
type Place struct {
	Repo content.RepoID
	Rev  content.Revision // zero if the URL names none
	Path content.Path
	Dir  bool // the URL ends in a slash, or has no path
}

// HasRev says whether the URL names a revision.
func (p Place) HasRev() bool { return p.Rev != content.Revision{} }

// ParsePlace reads what follows /content/, still escaped: repo@rev/path or repo/path.
func ParsePlace(escaped string) (Place, error) {
	head, rest, _ := strings.Cut(escaped, "/")
	name, rev, revised := strings.Cut(head, "@")
	var p Place
	var err error
	if p.Repo, err = ParseRepo(name); err != nil {
		return Place{}, err
	}
	if revised {
		if p.Rev, err = ParseRevision(rev); err != nil {
			return Place{}, err
		}
	}
	p.Path, p.Dir, err = ParsePath(rest)
	return p, err
}

// ParseRepo reads one escaped piece of a URL as a repository's name.
func ParseRepo(escaped string) (content.RepoID, error) {
	s, err := unescape(escaped)
	if err != nil {
		return content.RepoID{}, err
	}
	return content.ParseRepoID(s)
}

// ParseRevision reads one escaped piece of a URL as a revision.
func ParseRevision(escaped string) (content.Revision, error) {
	s, err := unescape(escaped)
	if err != nil {
		return content.Revision{}, err
	}
	return content.ParseRevision(s)
}

// ParseBranch reads one escaped piece of a URL as a branch's name.
func ParseBranch(escaped string) (content.RefName, error) {
	s, err := unescape(escaped)
	if err != nil {
		return content.RefName{}, err
	}
	return content.Branch(s)
}

// ParsePath reads escaped names between slashes. A slash behind the last one says
// that a directory is meant, as the root always is.
func ParsePath(escaped string) (path content.Path, dir bool, err error) {
	if escaped == "" {
		return content.Root, true, nil
	}
	names, dir := strings.CutSuffix(escaped, "/")
	if names == "" {
		return content.Path{}, false, content.CheckName("")
	}
	path, err = parseNames(names)
	return path, dir, err
}

func parseNames(escaped string) (content.Path, error) {
	if !strings.Contains(escaped, "%") {
		return content.ParsePath(escaped)
	}
	names := strings.Split(escaped, "/")
	for i, name := range names {
		s, err := unescape(name)
		if err != nil {
			return content.Path{}, err
		}
		if err := content.CheckName(s); err != nil { // a slash in s would be taken for one between names
			return content.Path{}, err
		}
		names[i] = s
	}
	return content.ParsePath(strings.Join(names, "/"))
}

func unescape(piece string) (string, error) {
	s, err := url.PathUnescape(piece)
	if err != nil {
		return "", fault.New(fault.Invalid, "url", "", err)
	}
	return s, nil
}

// URL returns the URL of p, escaped.
func (p Place) URL() string {
	rev, end := "", ""
	if p.HasRev() {
		rev = "@" + url.PathEscape(p.Rev.String())
	}
	if p.Dir && !p.Path.IsRoot() {
		end = "/"
	}
	return "/content/" + p.Repo.String() + rev + "/" + escapePath(p.Path) + end
}

// At returns the same place at another revision.
func (p Place) At(rev content.Revision) Place { p.Rev = rev; return p }

// RepoURL is where a repository is.
func RepoURL(repo content.RepoID) string { return "/repos/" + repo.String() }

// BranchesURL is where a repository's branches are.
func BranchesURL(repo content.RepoID) string { return RepoURL(repo) + "/branches" }

// BranchURL is where a branch is.
func BranchURL(repo content.RepoID, branch content.RefName) string {
	return BranchesURL(repo) + "/" + url.PathEscape(branch.Short())
}

// DraftsURL is where whoever asks finds the drafts of their refused saves.
func DraftsURL(repo content.RepoID) string { return RepoURL(repo) + "/drafts" }

// DraftURL is where its owner finds a draft.
func DraftURL(repo content.RepoID, draft content.RefName) string {
	_, id, _ := draft.Draft()
	return DraftsURL(repo) + "/" + url.PathEscape(id)
}

// MergesURL is where merges are asked for.
func MergesURL(repo content.RepoID) string { return RepoURL(repo) + "/merges" }

// CommitsURL is where a repository's commits are.
func CommitsURL(repo content.RepoID) string { return RepoURL(repo) + "/commits" }

// CommitURL is where a commit is.
func CommitURL(repo content.RepoID, id content.Digest) string {
	return CommitsURL(repo) + "/" + id.String()
}

// HistoryURL is where the history of a path is, as seen from rev.
func HistoryURL(repo content.RepoID, path content.Path, rev content.Revision) string {
	return "/repos/" + repo.String() + "/history/" + escapePath(path) + refQuery(rev)
}

// BlameURL is where the origin of each line of a document is, as seen from rev.
func BlameURL(repo content.RepoID, path content.Path, rev content.Revision) string {
	return RepoURL(repo) + "/blame/" + escapePath(path) + refQuery(rev)
}

// CompareURL is where what was done from one commit to another is.
func CompareURL(repo content.RepoID, from, to content.Digest) string {
	return RepoURL(repo) + "/compare/" + from.String() + "..." + to.String()
}

// SettingsURL is where a repository's settings are.
func SettingsURL(repo content.RepoID) string { return RepoURL(repo) + "/settings" }

// refQuery says in a URL as of which revision something is meant.
func refQuery(rev content.Revision) string {
	if rev == (content.Revision{}) {
		return ""
	}
	return "?ref=" + url.QueryEscape(rev.String())
}

// escapePath escapes each name of p.
func escapePath(p content.Path) string {
	if plain(p.String()) {
		return p.String()
	}
	names := p.Names()
	for i, name := range names {
		names[i] = url.PathEscape(name)
	}
	return strings.Join(names, "/")
}

// plain says whether s is the same after escaping.
func plain(s string) bool {
	for _, c := range []byte(s) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9',
			c == '/', c == '-', c == '_', c == '.', c == '~':
		default:
			return false
		}
	}
	return true
}

// The values of ?as=, which asks for one variant of what there is and no other.
const (
	AsJSON = "json"
	AsHTML = "html"
)

// As returns the target of the variant of u that is called as.
func As(u *url.URL, as string) string {
	query := u.Query()
	query.Set("as", as)
	return u.EscapedPath() + "?" + query.Encode()
}
