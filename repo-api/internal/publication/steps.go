package publication

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/internal/fault"
	"rhapsode/repo-api/internal/book"
)

// The steps, by the names that people see.
const (
	stepCheck    = "check"
	stepAccept   = "acceptance"
	stepModerate = "moderation"
	stepRelease  = "release"
	stepBuild    = "downloads"
)

// check finds out what is wrong with the state that is to be published.
func (j *job) check(ctx context.Context) error {
	j.pub.begin(stepCheck, j.now())
	x, _, err := j.index(ctx)
	if err != nil {
		return err
	}
	before, err := j.newest(ctx, x)
	if err != nil {
		return err
	}
	s, err := j.survey(ctx, j.pub.Commit, j.pub.Collections, before)
	if err != nil {
		return err
	}
	j.pub.Findings = s.findings
	if n := s.errors(); n > 0 {
		j.pub.end(stepCheck, Stopped, j.now(), "")
		j.pub.fail(Failed, fmt.Sprintf("%s to mend first", counted(n, "error")))
		return j.save(ctx)
	}
	j.pub.end(stepCheck, Succeeded, j.now(), fmt.Sprintf("%s, %s", counted(len(s.works), "work"), counted(len(s.findings), "warning")))
	if s.rules.Acceptance {
		j.askPeople(s, before)
	}
	j.pub.State = WaitingForAcceptance
	return j.save(ctx)
}

// counted says n things.
func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// askPeople lists whose word is needed: of everybody who is credited in a work that
// changed, unless they gave it for the same role under the same licence before. Who publishes
// says so by publishing.
func (j *job) askPeople(s survey, before Edition) {
	works, _ := numbered(s.works, before.Works, s.wanted)
	given := map[string]bool{}
	for _, a := range before.Accepted {
		for _, work := range a.Works {
			given[a.User+" "+work] = true
		}
	}
	asked := map[string]*Acceptance{}
	for _, w := range works {
		for _, c := range s.credits[w.key()] {
			user := userOf(c.Person)
			if user == "" || !w.Changed && given[user+" "+w.ID] {
				continue
			}
			a := asked[user]
			if a == nil {
				a = &Acceptance{User: user, Name: c.Person.Name, State: Pending}
				asked[user] = a
			}
			a.Roles, a.Works = with(a.Roles, string(c.Role)), with(a.Works, w.ID)
		}
	}
	j.pub.Acceptances = j.pub.Acceptances[:0]
	for _, a := range asked {
		if a.User == j.pub.Publisher.User {
			a.State, a.At = Accepted, j.pub.Asked
		}
		j.pub.Acceptances = append(j.pub.Acceptances, *a)
	}
	slices.SortFunc(j.pub.Acceptances, func(a, b Acceptance) int { return cmp.Compare(a.User, b.User) })
}

// userOf is the user that a person credited in a document is: by id, or else by address.
func userOf(p book.Person) string {
	return strings.ToLower(cmp.Or(p.ID, p.Email, p.Name))
}

// with is list with v in it, once.
func with[T comparable](list []T, v T) []T {
	if slices.Contains(list, v) {
		return list
	}
	return append(list, v)
}

// accept goes on when everybody has accepted.
func (j *job) accept(ctx context.Context) error {
	all, declined := j.pub.settled()
	switch {
	case declined != nil:
		j.pub.end(stepAccept, Stopped, j.now(), "declined by "+declined.User)
		j.pub.fail(Rejected, strings.TrimSuffix("declined by "+declined.User+": "+declined.Why, ": "))
	case !all && j.pub.step(stepAccept) >= 0:
		return nil // still waiting
	case !all:
		j.pub.begin(stepAccept, j.now())
	default:
		if len(j.pub.Acceptances) > 0 {
			if j.pub.step(stepAccept) < 0 {
				j.pub.begin(stepAccept, j.now())
			}
			j.pub.end(stepAccept, Succeeded, j.now(), "")
		}
		j.pub.State = WaitingForModeration
	}
	return j.save(ctx)
}

// moderate goes on when a moderator agrees, or where nobody has to.
func (j *job) moderate(ctx context.Context) error {
	m := j.pub.Moderation
	if m == nil {
		due, err := j.dueToModerate(ctx)
		if err != nil {
			return err
		}
		if due {
			j.pub.begin(stepModerate, j.now())
			j.pub.Moderation = &Moderation{State: Pending}
			return j.save(ctx)
		}
	}
	switch {
	case m != nil && m.State == Pending:
		return nil
	case m != nil && m.State == Declined:
		j.pub.end(stepModerate, Stopped, j.now(), "refused by "+m.By)
		j.pub.fail(Rejected, strings.TrimSuffix("refused by the moderator "+m.By+": "+m.Why, ": "))
		return j.save(ctx)
	case m != nil:
		j.pub.end(stepModerate, Succeeded, j.now(), "")
	}
	j.pub.State = Publishing
	if j.now().Before(j.pub.PublishAt) {
		j.pub.State = Scheduled
	}
	return j.save(ctx)
}

// dueToModerate says whether the publisher publishes here for the first time, in a
// repository that wants a moderator to look at that.
func (j *job) dueToModerate(ctx context.Context) (bool, error) {
	rules, err := j.rules(ctx)
	if err != nil || !rules.Moderation {
		return false, err
	}
	x, _, err := j.index(ctx)
	return !slices.Contains(x.Publishers, j.pub.Publisher.User), err
}

// newest returns the edition that was made last; a zero one if there is none.
func (l ledger) newest(ctx context.Context, x Index) (Edition, error) {
	if x.Newest().IsZero() {
		return Edition{}, nil
	}
	newest, _, err := l.edition(ctx, x.Newest())
	return newest, err
}

// release makes the edition: its tags and its record in one transaction.
func (j *job) release(ctx context.Context) error {
	j.pub.begin(stepRelease, j.now())
	x, expect, err := j.index(ctx)
	if err != nil {
		return err
	}
	previous, err := j.newest(ctx, x)
	if err != nil {
		return err
	}
	s, err := j.survey(ctx, j.pub.Commit, j.pub.Collections, previous)
	if err != nil {
		return err
	}
	root, err := j.fs.Stat(ctx, fsapi.StatQuestion{At: fsapi.At{Repo: j.repo, Rev: content.AtCommit(j.pub.Commit)}, Brief: true})
	if err != nil {
		return err
	}
	works, major := numbered(s.works, previous.Works, s.wanted)
	if root.Entry.Digest == previous.Tree && !slices.ContainsFunc(works, func(w Work) bool { return w.Changed }) && previous.State == Good {
		j.pub.end(stepRelease, Succeeded, j.now(), "nothing changed since edition "+previous.Number.String())
		j.pub.State, j.pub.Edition = Done, previous.Number.String()
		return j.save(ctx)
	}
	next, number := x.with(major)
	next.Publishers = with(next.Publishers, j.pub.Publisher.User)
	j.pub.Edition = number.String()
	j.pub.end(stepRelease, Succeeded, j.now(), "edition "+number.String())
	edition := Edition{
		Number: number, Previous: previous.Number, Publication: j.pub.ID, Ref: j.pub.Ref, Commit: j.pub.Commit,
		Tree: root.Entry.Digest, Date: j.now(), Publisher: j.pub.Publisher.User, Message: j.pub.Message,
		Works: works, Borrowed: s.borrowed, Accepted: accepted(previous.Accepted, j.pub.Acceptances), Findings: s.findings,
		State: Building, Downloads: []Download{},
	}
	var d draft
	d.json(indexFile, next, expect)
	d.json(editionFile(number), edition, content.Absent())
	d.json(publicationFile(j.pub.ID), j.pub, j.expect)
	set, err := j.set(d, j.pub.Publisher.User, fmt.Sprintf("Edition %v, by publication %d\n", number, j.pub.ID))
	if err != nil {
		return err
	}
	tags, err := tags(edition)
	if err != nil {
		return err
	}
	released, err := j.fs.Release(ctx, fsapi.Release{Record: set, Tags: tags})
	if err != nil {
		j.pub.Edition = ""
		return err
	}
	j.expect = content.OneOf(released.Outcomes[2].Digest)
	if err := j.identify(ctx, edition); err != nil {
		return err
	}
	return j.follow(ctx, edition)
}

// accepted adds what was accepted now to what was before.
func accepted(before, now []Acceptance) []Acceptance {
	all := slices.Clone(before)
	for _, a := range now {
		all = slices.DeleteFunc(all, func(b Acceptance) bool { return b.User == a.User && subset(b.Works, a.Works) })
		all = append(all, a)
	}
	return all
}

func subset(a, b []string) bool {
	return !slices.ContainsFunc(a, func(s string) bool { return !slices.Contains(b, s) })
}

// tags are those of an edition, and of each work that changed.
func tags(e Edition) (tags []fsapi.NewTag, err error) {
	add := func(number, message string) {
		if err != nil {
			return
		}
		var name content.RefName
		name, err = fsapi.Edition(number)
		tags = append(tags, fsapi.NewTag{Name: name, Target: e.Commit, Message: message})
	}
	message := strings.TrimSpace(e.Message)
	add(e.Number.String(), cmp.Or(message, "Edition "+e.Number.String()))
	for _, w := range e.Works {
		if w.Changed {
			add(w.ID+"/"+w.Number.String(), cmp.Or(message, fmt.Sprintf("%s %v: %s", w.ID, w.Number, w.Title)))
		}
	}
	if len(tags) > fsapi.MaxTags {
		return nil, fault.Newf(fault.TooLarge, "publish", "%d works changed, more than %d", len(tags)-1, fsapi.MaxTags-1)
	}
	return tags, err
}
