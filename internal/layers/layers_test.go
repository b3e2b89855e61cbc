package layers_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"rhapsode/internal/layers"
)

const root = "../.."

// TestLayers holds the whole tree to docs/architecture/layers.txt. If it fails,
// the import is wrong until the law has been changed for a reason that a
// decision page could give: do not change the law to make a build pass.
func TestLayers(t *testing.T) {
	text, err := os.Open(filepath.Join(root, "docs/architecture/layers.txt"))
	if err != nil {
		t.Fatal(err)
	}
	defer text.Close()
	law, err := layers.Parse(text)
	if err != nil {
		t.Fatalf("docs/architecture/layers.txt: %v", err)
	}
	rooms, err := layers.Read(os.DirFS(root))
	if err != nil {
		t.Fatal(err)
	}
	if len(rooms) < 5 {
		t.Fatalf("%d rooms found: this is not the tree", len(rooms))
	}
	for _, broken := range law.Judge("rhapsode", rooms) {
		t.Error(broken)
	}
}

const toyLaw = `
NONE < fault < content;       # the nouns
content, fault < BASE;
BASE < fs-service/objects, fs-service/refs < fs-service/node < cmd;
BASE < fs-service/refs/refstest;
NONE < testclients/load < testclients/system;
example.org/db: fs-service/objects;
example.org/db/client: fs-service/refs;
example.org/dice: TESTS;
example.org/sync: ANY;
`

func TestTheLawCanBeBroken(t *testing.T) {
	tests := []struct {
		name   string
		file   string // in a made-up tree
		source string
		broken string // "": the law holds
	}{
		{"a room imports what is below", "fs-service/node/n.go", `import "m/content"`, ""},
		{"… far below", "cmd/main.go", `import ("fmt"; "m/fault"; "m/fs-service/refs")`, ""},
		{"… above", "content/c.go", `import "m/fs-service/node"`,
			"content/c.go imports m/fs-service/node: fs-service/node stands above content"},
		{"… beside", "fs-service/objects/o.go", `import "m/fs-service/refs"`,
			"fs-service/objects/o.go imports m/fs-service/refs: fs-service/refs does not stand below fs-service/objects"},
		{"… that the law does not know", "content/c.go", `import "m/utils"`,
			"content/c.go imports m/utils: utils does not stand below content"},
		{"a build tag hides nothing", "content/c.go", "//go:build never\n\npackage p\n" + `import "m/cmd"`,
			"content/c.go imports m/cmd: cmd stands above content"},
		{"a room without a place", "utils/u.go", ``,
			"utils has no place in the law: say what it rests on"},
		{"a house holds no files", "fs-service/f.go", ``,
			"fs-service is a house (its name has a dash): its Go files belong in a room within"},

		{"a library at home", "fs-service/objects/o.go", `import "example.org/db/vfs"`, ""},
		{"… elsewhere", "fs-service/refs/r.go", `import "example.org/db/vfs"`,
			"fs-service/refs/r.go imports example.org/db/vfs: example.org/db lives in fs-service/objects only"},
		{"the longest name decides", "fs-service/refs/r.go", `import "example.org/db/client"`, ""},
		{"a like name is another library", "fs-service/objects/o.go", `import "example.org/dbase"`,
			"fs-service/objects/o.go imports example.org/dbase: the law gives this library no home"},
		{"cgo is a library without a home", "content/c.go", `import "C"`,
			"content/c.go imports C: the law gives this library no home"},
		{"everyone's library", "content/c.go", `import "example.org/sync"`, ""},
		{"a test's library in a test", "content/c_test.go", `import "example.org/dice"`, ""},
		{"… in a room for tests", "fs-service/refs/refstest/s.go", `import "example.org/dice"`, ""},
		{"… in the service", "content/c.go", `import "example.org/dice"`,
			"content/c.go imports example.org/dice: example.org/dice lives in TESTS only"},

		{"a test imports its own room", "content/c_test.go", `import "m/content"`, ""},
		{"… a room for tests", "fs-service/node/n_test.go", `import "m/fs-service/refs/refstest"`, ""},
		{"… what its room may not", "content/c_test.go", `import "m/cmd"`,
			"content/c_test.go imports m/cmd: cmd stands above content"},
		{"the service imports a room for tests", "cmd/main.go", `import "m/fs-service/refs/refstest"`,
			"cmd/main.go imports m/fs-service/refs/refstest: rooms named …test are for tests only"},

		{"an outside judge imports another", "testclients/system/s_test.go", `import "m/testclients/load"`, ""},
		{"… the services, even in a test", "testclients/load/l_test.go", `import "m/fault"`,
			"testclients/load/l_test.go imports m/fault: testclients judge from outside and know nothing of the services"},

		{"what the go command skips", "content/testdata/x.go", `import "m/cmd"`, ""},
	}
	law, err := layers.Parse(strings.NewReader(toyLaw))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			source := tt.source
			if !strings.Contains(source, "package ") {
				source = "package p\n" + source
			}
			rooms, err := layers.Read(fstest.MapFS{
				tt.file:             {Data: []byte(source)},
				"fault/fault.go":    {Data: []byte("package fault")},
				"docs/not-code.txt": {Data: []byte("import")},
			})
			if err != nil {
				t.Fatal(err)
			}
			var want []string
			if tt.broken != "" {
				want = []string{tt.broken}
			}
			if got := law.Judge("m", rooms); !slices.Equal(got, want) {
				t.Errorf("got  %q\nwant %q", got, want)
			}
		})
	}
}

func TestALawThatMakesNoSense(t *testing.T) {
	tests := []struct {
		name, law, why string
	}{
		{"a circle", "NONE < a < b;\nb < a;", "a stands below itself"},
		{"a room that rests on nothing", "NONE < b;\na < b;\na < c;", "a does not rest on NONE"},
		{"no semicolon", "NONE < a;\n\nNONE < b", "line 3: a statement without its semicolon"},
		{"two names without a comma", "NONE <\n a b;", `line 1: "NONE <  a b": "a b" is not one name`},
		{"an empty level", "NONE < ;", `"" is not one name`},
		{"a library without rooms", "NONE < a;\nexample.org/x: ;", "line 2"},
		{"a library with two homes", "example.org/x: a;\nexample.org/x: b;", "line 2: example.org/x is given a home twice"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := layers.Parse(strings.NewReader(tt.law))
			if err == nil || !strings.Contains(err.Error(), tt.why) {
				t.Errorf("got %v, want %s", err, tt.why)
			}
		})
	}
}

func TestATreeThatCannotBeRead(t *testing.T) {
	_, err := layers.Read(fstest.MapFS{"a/a.go": {Data: []byte("packge a")}})
	if err == nil || !strings.Contains(err.Error(), "a/a.go") {
		t.Errorf("got %v, want the name of the file", err)
	}
}
