// Package grants is how whoever owns a node's data directory lets somebody in: by leaving a
// token's record there. The node makes it a token of the cell, and takes the file away.
// It needs no door, no token and no running node, so nobody locks themselves out.
//
// A file holds what is kept of a token and never its text. It is whole or not there.
package grants

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"rhapsode/fs-service/access"
	"rhapsode/internal/fault"
)

// folder is where grants are, under a node's data directory.
const folder = "grants"

// maxWaiting is how many grants are taken in one round.
const maxWaiting = 100

// Leave leaves a token's record for the node whose data directory is dir.
func Leave(dir string, t access.Token) error {
	if err := t.Check(); err != nil {
		return err
	}
	text, err := json.Marshal(t)
	if err != nil {
		return fault.New(fault.Internal, "leave grant", t.ID, err)
	}
	if err := os.MkdirAll(filepath.Join(dir, folder), 0o700); err != nil {
		return fault.Disk("leave grant", err)
	}
	name := filepath.Join(dir, folder, t.ID)
	if err := os.WriteFile(name+".part", text, 0o600); err != nil {
		return fault.Disk("leave grant", err)
	}
	return fault.Disk("leave grant", os.Rename(name+".part", name+suffix))
}

const suffix = ".json"

// Take gives every grant in dir to put, and removes those that it took. A file that is no
// grant is removed too: broken is told of it.
func Take(dir string, put func(access.Token) error, broken func(name string, err error)) error {
	files, err := os.ReadDir(filepath.Join(dir, folder))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fault.Disk("take grants", err)
	}
	for _, f := range files[:min(len(files), maxWaiting)] {
		if filepath.Ext(f.Name()) != suffix {
			continue
		}
		name := filepath.Join(dir, folder, f.Name())
		t, err := read(name)
		if err == nil {
			err = put(t)
		}
		switch fault.Of(err) {
		case fault.Unavailable, fault.Unknown, fault.Canceled:
			return err // another time
		}
		if err != nil {
			broken(f.Name(), err)
		}
		if err := os.Remove(name); err != nil {
			return fault.Disk("take grants", err)
		}
	}
	return nil
}

func read(name string) (t access.Token, err error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return t, fault.Disk("read grant", err)
	}
	if err := json.Unmarshal(text, &t); err != nil {
		return t, fault.New(fault.Invalid, "read grant", "", err)
	}
	return t, t.Check()
}
