package layers

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// Law is a partial order of rooms and a home for each foreign library.
type Law struct {
	below map[string]map[string]bool // what a name may import, transitively
	homes map[string][]string        // module path of a library → the rooms that may import it
}

// Words of the law that are no rooms.
const (
	none      = "NONE"  // the bottom of the order
	inTests   = "TESTS" // as a library's home: test files and rooms named …test
	inAnyRoom = "ANY"   // as a library's home
)

// Parse reads a law.
//
// A statement ends in a semicolon. "a, b < c, d < e;" lets c and d import a and
// b, and lets e import all four and what they may import. A name in capitals is
// a set that stands for what is below it, or NONE. "library: room, room;" lets
// these rooms, and no others, import a library. A # begins a comment.
func Parse(r io.Reader) (*Law, error) {
	law := &Law{below: map[string]map[string]bool{none: {}}, homes: map[string][]string{}}
	var statement strings.Builder
	begun, line := 0, 0
	for lines := bufio.NewScanner(r); lines.Scan(); {
		line++
		text, _, _ := strings.Cut(lines.Text(), "#")
		for {
			part, rest, ends := strings.Cut(text, ";")
			if strings.TrimSpace(statement.String()) == "" {
				begun = line
			}
			statement.WriteString(part + " ")
			if !ends {
				break
			}
			if err := law.add(statement.String()); err != nil {
				return nil, fmt.Errorf("line %d: %w", begun, err)
			}
			statement.Reset()
			text = rest
		}
	}
	if strings.TrimSpace(statement.String()) != "" {
		return nil, fmt.Errorf("line %d: a statement without its semicolon", begun)
	}
	return law, law.close()
}

func (l *Law) add(statement string) error {
	if library, rooms, ok := strings.Cut(statement, ":"); ok {
		names, err := split(rooms)
		library = strings.TrimSpace(library)
		if err != nil || library == "" {
			return fmt.Errorf("%q: a library, a colon and its rooms are wanted", statement)
		}
		if l.homes[library] != nil {
			return fmt.Errorf("%s is given a home twice", library)
		}
		l.homes[library] = names
		return nil
	}
	var lower []string
	for level := range strings.SplitSeq(statement, "<") {
		names, err := split(level)
		if err != nil {
			return fmt.Errorf("%q: %w", strings.TrimSpace(statement), err)
		}
		for _, name := range names {
			if l.below[name] == nil {
				l.below[name] = map[string]bool{}
			}
			for _, low := range lower {
				l.below[name][low] = true
			}
		}
		lower = append(lower, names...)
	}
	return nil
}

func split(list string) ([]string, error) {
	var names []string
	for name := range strings.SplitSeq(list, ",") {
		name = strings.TrimSpace(name)
		if name == "" || strings.ContainsAny(name, " \t") {
			return nil, fmt.Errorf("%q is not one name", name)
		}
		names = append(names, name)
	}
	return names, nil
}

// close makes the order transitive. A name that is only ever used as lower, or
// that comes to stand below itself, is a mistake in the law.
func (l *Law) close() error {
	for changed := true; changed; {
		changed = false
		for _, lows := range l.below {
			before := len(lows)
			for low := range maps.Clone(lows) {
				maps.Copy(lows, l.below[low])
			}
			changed = changed || len(lows) > before
		}
	}
	for _, name := range slices.Sorted(maps.Keys(l.below)) {
		if l.below[name][name] {
			return fmt.Errorf("%s stands below itself", name)
		}
		if name != none && !l.below[name][none] {
			return fmt.Errorf("%s does not rest on %s: nothing says what it may import", name, none)
		}
	}
	return nil
}

// knows says whether the law gives room a place.
func (l *Law) knows(room string) bool { return l.below[room] != nil }

// home returns the library that an import path belongs to and its rooms.
func (l *Law) home(path string) (library string, rooms []string) {
	for name, list := range l.homes {
		if (path == name || strings.HasPrefix(path, name+"/")) && len(name) > len(library) {
			library, rooms = name, list
		}
	}
	return library, rooms
}
