package gate

import (
	"context"

	"rhapsode/content"
	"rhapsode/fs-service/access"
	"rhapsode/fs-service/internal/gitfmt"
	"rhapsode/fs-service/internal/refs"
	"rhapsode/internal/fault"
)

// Document is a repository's settings as they are written down.
type Document struct {
	Text   []byte
	Stored bool // false: they are the default, and nothing was written yet
}

// Document returns the settings of a repository.
func (g *Gate) Document(ctx context.Context, repo refs.Repo) (Document, error) {
	config, _ := g.Refs.Ref(repo.Key, content.ConfigRef)
	text, err := g.text(ctx, g.Pool(repo.Pool), config.Target)
	switch {
	case err != nil:
		return Document{}, err
	case text == nil:
		return Document{Text: access.DefaultSettings(repo.Owner).Text()}, nil
	}
	return Document{Text: text, Stored: true}, nil
}

// Check returns why a commit can't hold a repository's settings, or nil.
func (g *Gate) Check(ctx context.Context, src gitfmt.Source, commit content.Digest) error {
	text, err := g.text(ctx, src, commit)
	if err == nil && text == nil {
		err = fault.Newf(fault.Invalid, "settings", "there is no %s", access.SettingsFile)
	}
	if err != nil {
		return err
	}
	_, err = access.ParseSettings(text)
	return err
}

// read returns the settings that a commit holds; the zero digest has none of its own.
func (g *Gate) read(ctx context.Context, repo refs.Repo, commit content.Digest) (*access.Settings, error) {
	if commit.IsZero() {
		return access.DefaultSettings(repo.Owner), nil
	}
	if s, ok := g.settings.Get(commit); ok {
		return s, nil
	}
	text, err := g.text(ctx, g.Pool(repo.Pool), commit)
	if err != nil {
		return nil, err
	}
	if text == nil {
		return access.DefaultSettings(repo.Owner), nil
	}
	s, err := access.ParseSettings(text)
	if err != nil {
		// No door lets such settings in. Until somebody mends them, they open nothing.
		g.Log.Error("settings make no sense", "repo", repo.ID, "commit", commit, "error", err)
		s = &access.Settings{Visibility: access.Private}
	}
	g.settings.Put(commit, s, int64(settingsWorth*len(text)))
	return s, nil
}

// text is the settings' document in a commit; nil if there is none.
func (g *Gate) text(ctx context.Context, src gitfmt.Source, commit content.Digest) ([]byte, error) {
	if commit.IsZero() {
		return nil, nil
	}
	c, err := g.Graph.Commit(ctx, src, commit)
	if err != nil {
		return nil, err
	}
	path, err := content.ParsePath(access.SettingsFile)
	if err != nil {
		return nil, err
	}
	entry, err := g.Trees.Lookup(ctx, src, c.Tree, path)
	switch {
	case fault.Is(err, fault.NotFound):
		return nil, nil
	case err != nil:
		return nil, err
	case !entry.Mode.IsFile():
		return nil, fault.Newf(fault.Invalid, "settings", "%s is no file", access.SettingsFile)
	}
	o, err := src.Object(ctx, entry.Digest)
	if err == nil && len(o.Data) > access.MaxSettings {
		err = fault.Newf(fault.Invalid, "settings", "%d bytes, more than %d", len(o.Data), access.MaxSettings)
	}
	return o.Data, err
}
