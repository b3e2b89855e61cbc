package publication

import (
	"context"
	"encoding/json"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/internal/fault"
	"rhapsode/repo-api/internal/book"
)

// rules are what a repository's settings say of publishing.
type rules struct {
	Acceptance bool // everybody who is named has to agree
	Moderation bool // a first publication is looked at

	// Known is what is known of the work beside its documents.
	Known book.Metadata
}

// settings are the members of the settings that are about publishing.
type settings struct {
	Acceptance *bool               `json:"acceptance"`
	Moderation *bool               `json:"moderation"`
	Licence    string              `json:"licence"`
	Authors    []string            `json:"authors"`
	Roles      map[string][]string `json:"roles"`
}

// The place of the settings.
const (
	settingsRef  = "refs/meta/config"
	settingsFile = "settings.json"
)

// rules reads the settings. What they do not say, follows from who is there: where one person
// works alone, nobody else is asked.
func (l ledger) rules(ctx context.Context) (r rules, err error) {
	s, err := l.settings(ctx)
	if err != nil {
		return r, err
	}
	several := len(s.Roles) > 1
	r.Acceptance, r.Moderation = several, several
	if s.Acceptance != nil {
		r.Acceptance = *s.Acceptance
	}
	if s.Moderation != nil {
		r.Moderation = *s.Moderation
	}
	r.Known.Licence.URL = s.Licence
	for _, name := range s.Authors {
		r.Known.Credits = append(r.Known.Credits, book.Credit{Role: book.Author, Person: book.Person{ID: name, Name: name}})
	}
	return r, nil
}

func (l ledger) settings(ctx context.Context) (s settings, err error) {
	rev, err := content.ParseRevision(settingsRef)
	if err != nil {
		return s, err
	}
	path, err := content.ParsePath(settingsFile)
	if err != nil {
		return s, err
	}
	stat, err := l.fs.Stat(ctx, fsapi.StatQuestion{At: fsapi.At{Repo: l.repo, Rev: rev, Path: path}, Inline: content.InlineLimit, Brief: true})
	if err != nil {
		return s, ignore(err, fault.NotFound)
	}
	if err := json.Unmarshal(stat.Inline, &s); err != nil {
		return s, fault.New(fault.Corrupt, "read settings", l.repo.String(), err)
	}
	return s, nil
}
