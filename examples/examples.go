// Package examples holds the example book: a short guide to Rhapsode, with its
// pictures and its history.
//
// The history is kept as overlays, so that it can be read and edited with
// ordinary tools: guide/NN-slug/ is one commit, with commit.json to say who,
// when and why, and beside it the files as that commit leaves them. A file that
// a commit does not name stays as it was.
package examples

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/mail"
	"path"
	"strings"
	"time"
)

//go:embed all:guide
var guide embed.FS

// Commit is one step of a history: what its author put and what its author
// took away, by slash-separated path.
type Commit struct {
	Author, Email string
	When          time.Time
	Message       string
	Put           map[string][]byte
	Delete        []string
}

// Guide returns the history of the guide, oldest commit first. The caller may
// change what it gets.
func Guide() ([]Commit, error) { return read(guide, "guide") }

// header is the file that says who, when and why.
const header = "commit.json"

func read(tree fs.FS, folder string) ([]Commit, error) {
	overlays, err := fs.ReadDir(tree, folder)
	if err != nil {
		return nil, fmt.Errorf("read the example book: %w", err)
	}
	commits := make([]Commit, 0, len(overlays))
	for _, overlay := range overlays {
		commit, err := readOverlay(tree, path.Join(folder, overlay.Name()))
		if err != nil {
			return nil, fmt.Errorf("read the example book: %s: %w", overlay.Name(), err)
		}
		commits = append(commits, commit)
	}
	return commits, nil
}

func readOverlay(tree fs.FS, folder string) (Commit, error) {
	commit, err := readHeader(tree, path.Join(folder, header))
	if err != nil {
		return Commit{}, err
	}
	err = fs.WalkDir(tree, folder, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		file := strings.TrimPrefix(name, folder+"/")
		if file == header {
			return nil
		}
		commit.Put[file], err = fs.ReadFile(tree, name)
		return err
	})
	return commit, err
}

func readHeader(tree fs.FS, name string) (Commit, error) {
	data, err := fs.ReadFile(tree, name)
	if err != nil {
		return Commit{}, err
	}
	var h struct {
		Author  string
		Date    time.Time
		Message string
		Delete  []string
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&h); err != nil {
		return Commit{}, fmt.Errorf("%s: %w", header, err)
	}
	author, err := mail.ParseAddress(h.Author)
	if err != nil {
		return Commit{}, fmt.Errorf("%s: author: %w", header, err)
	}
	if author.Name == "" || h.Message == "" || h.Date.IsZero() {
		return Commit{}, fmt.Errorf("%s: author, date and message are all wanted", header)
	}
	return Commit{
		Author: author.Name, Email: author.Address,
		When: h.Date, Message: h.Message,
		Put: map[string][]byte{}, Delete: h.Delete,
	}, nil
}
