package publication

import (
	"context"

	"rhapsode/fs-service/access"
	"rhapsode/repo-api/internal/book"
)

// rules are what a repository's settings say of publishing.
type rules struct {
	Acceptance bool // everybody who is named has to agree
	Moderation bool // a first publication is looked at

	// Known is what is known of the work beside its documents.
	Known book.Metadata
}

// rules reads the settings. What they do not say, follows from who is there: where one person
// works alone, nobody else is asked.
func (l ledger) rules(ctx context.Context) (r rules, err error) {
	stored, err := l.fs.Settings(ctx, l.repo)
	if err != nil {
		return r, err
	}
	s, err := access.ParseSettings(stored.Text)
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
