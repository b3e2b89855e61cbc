package resource

import (
	"net/url"
	"strings"
	"time"

	"rhapsode/content"
	"rhapsode/fs-service/access"
	"rhapsode/fs-service/fsapi"
)

// Takedown is that a repository or an edition is withheld, or was.
type Takedown struct {
	Of        string     `json:"of"` // TakedownOfAll, or an edition's number
	Reason    string     `json:"reason"`
	BlockedBy string     `json:"blocked_by"`
	By        string     `json:"by"`
	At        time.Time  `json:"at"`
	Lifted    *time.Time `json:"lifted,omitempty"`
	LiftedBy  string     `json:"lifted_by,omitempty"`
	URL       string     `json:"href"`
}

// TakedownOfAll is what the takedown of a whole repository is of.
const TakedownOfAll = "repository"

// TakedownOf is the shape of t.
func TakedownOf(repo content.RepoID, t access.Takedown) Takedown {
	of := TakedownOfAll
	if !t.Edition.IsZero() {
		of = strings.TrimPrefix(t.Edition.Short(), "v/")
	}
	return Takedown{
		Of: of, Reason: t.Reason, BlockedBy: t.BlockedBy, By: t.By, At: t.At.UTC(),
		Lifted: optional(t.Lifted), LiftedBy: t.LiftedBy, URL: TakedownsURL(repo) + "/" + url.PathEscape(of),
	}
}

// ParseTakedown reads one escaped piece of a URL as what a takedown is of: an edition, or,
// where that is zero, all of a repository.
func ParseTakedown(escaped string) (edition content.RefName, err error) {
	s, err := unescape(escaped)
	if err != nil || s == TakedownOfAll {
		return content.RefName{}, err
	}
	return fsapi.Edition(s)
}

// TakedownsURL is where the takedowns of a repository are.
func TakedownsURL(repo content.RepoID) string { return RepoURL(repo) + "/takedowns" }
