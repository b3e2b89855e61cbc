package layers

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Import is one import of one file.
type Import struct {
	File string // its path in the tree
	Path string // what it imports
}

// Room is a folder that holds Go files, and what these import.
type Room struct {
	Name    string // its path in the tree
	Imports []Import
}

// Read finds the rooms of a source tree, ordered by name. It skips what the go
// command skips: folders named testdata or vendor, and names that begin with a dot
// or an underscore.
func Read(tree fs.FS) ([]Room, error) {
	var rooms []Room
	err := fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case name != "." && skipped(entry.Name()) && entry.IsDir():
			return fs.SkipDir
		case entry.IsDir() || path.Ext(name) != ".go" || skipped(entry.Name()):
			return nil
		}
		imports, err := read(tree, name)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(rooms, func(r Room) bool { return r.Name == path.Dir(name) })
		if at < 0 {
			at = len(rooms)
			rooms = append(rooms, Room{Name: path.Dir(name)})
		}
		rooms[at].Imports = append(rooms[at].Imports, imports...)
		return nil
	})
	slices.SortFunc(rooms, func(a, b Room) int { return strings.Compare(a.Name, b.Name) })
	return rooms, err
}

func skipped(name string) bool {
	return name == "testdata" || name == "vendor" || name[0] == '.' || name[0] == '_'
}

func read(tree fs.FS, name string) ([]Import, error) {
	source, err := fs.ReadFile(tree, name)
	if err != nil {
		return nil, err
	}
	file, err := parser.ParseFile(token.NewFileSet(), name, source, parser.ImportsOnly)
	if err != nil {
		return nil, err
	}
	var imports []Import
	for _, spec := range file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, fmt.Errorf("%s: import %s: %w", name, spec.Path.Value, err)
		}
		imports = append(imports, Import{File: name, Path: imported})
	}
	return imports, nil
}

// inTest says whether the file is compiled for tests only.
func (i Import) inTest() bool { return strings.HasSuffix(i.File, "_test.go") }

// forTests says whether a room is named …test: it serves tests, not the service.
func forTests(room string) bool { return strings.HasSuffix(path.Base(room), "test") }
