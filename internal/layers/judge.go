package layers

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// Judge returns a sentence for every break of the law in rooms, which belong
// to the module of that name; none if the law holds.
//
// A test file may import what its room may, the room itself, and the rooms named
// …test. Beyond what the text of the law says, a folder with a dash in its name
// is a house and holds no Go files of its own, and testclients, which judge from
// outside, know nothing of the services.
func (l *Law) Judge(module string, rooms []Room) []string {
	var broken []string
	for _, room := range rooms {
		if strings.Contains(path.Base(room.Name), "-") {
			broken = append(broken, fmt.Sprintf("%s is a house (its name has a dash): its Go files belong in a room within", room.Name))
			continue
		}
		if !l.knows(room.Name) {
			broken = append(broken, fmt.Sprintf("%s has no place in the law: say what it rests on", room.Name))
			continue
		}
		for _, i := range room.Imports {
			if why := l.judge(module, room.Name, i); why != "" {
				broken = append(broken, fmt.Sprintf("%s imports %s: %s", i.File, i.Path, why))
			}
		}
	}
	slices.Sort(broken)
	return slices.Compact(broken)
}

func (l *Law) judge(module, room string, i Import) (why string) {
	if imported, ours := strings.CutPrefix(i.Path, module+"/"); ours {
		return l.judgeRoom(room, imported, i.inTest())
	}
	first, _, _ := strings.Cut(i.Path, "/")
	if i.Path == "C" || strings.Contains(first, ".") {
		return l.judgeLibrary(room, i)
	}
	return "" // the standard library is everyone's
}

func (l *Law) judgeRoom(room, imported string, inTest bool) (why string) {
	const outside = "testclients"
	switch {
	case within(room, outside) && !within(imported, outside):
		return "testclients judge from outside and know nothing of the services"
	case forTests(imported) && !inTest && !forTests(room):
		return "rooms named …test are for tests only"
	case l.below[room][imported] || inTest && (imported == room || forTests(imported)):
		return ""
	case l.below[imported][room]:
		return fmt.Sprintf("%s stands above %s", imported, room)
	}
	return fmt.Sprintf("%s does not stand below %s", imported, room)
}

func (l *Law) judgeLibrary(room string, i Import) (why string) {
	library, homes := l.home(i.Path)
	switch {
	case homes == nil:
		return "the law gives this library no home"
	case slices.Contains(homes, inAnyRoom), slices.Contains(homes, room):
		return ""
	case slices.Contains(homes, inTests):
		if i.inTest() || forTests(room) {
			return ""
		}
	}
	return fmt.Sprintf("%s lives in %s only", library, strings.Join(homes, ", "))
}

func within(room, folder string) bool {
	return room == folder || strings.HasPrefix(room, folder+"/")
}
