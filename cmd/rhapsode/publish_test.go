package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// smallBook is a collection of two modules, each of which shows a picture.
func smallBook(t *testing.T) (folder string) {
	t.Helper()
	folder = t.TempDir()
	const metadata = `<md:content-id>%s</md:content-id><md:title>%s</md:title><md:license url="http://creativecommons.org/licenses/by/4.0/"/><md:language>en</md:language>` +
		`<md:actors><md:person userid="ada"><md:fullname>Ada</md:fullname></md:person></md:actors><md:roles><md:role type="author">ada</md:role></md:roles>`
	files := map[string]string{
		"collections/small.collection.xml": `<col:collection xmlns:col="http://cnx.rice.edu/collxml" xmlns:md="http://cnx.rice.edu/mdml"><col:metadata>` +
			fmt.Sprintf(metadata, "small", "A Small Book") + `</col:metadata><col:content><col:module document="m1"/><col:module document="m2"/></col:content></col:collection>`,
		"media/a.svg": `<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><circle cx="4" cy="4" r="4"/></svg>`,
	}
	for _, id := range []string{"m1", "m2"} {
		files["modules/"+id+"/index.cnxml"] = `<document xmlns="http://cnx.rice.edu/cnxml" xmlns:md="http://cnx.rice.edu/mdml"><title>` + id + `</title><metadata>` +
			fmt.Sprintf(metadata, id, id) + "</metadata>\n<content>\n<para id=\"p\"><media id=\"i\" alt=\"a dot\"><image src=\"../../media/a.svg\" mime-type=\"image/svg+xml\"/></media></para></content></document>"
	}
	for name, text := range files {
		at := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(at), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// TestPublish goes through what a person can type, one after the other, in one service.
func TestPublish(t *testing.T) {
	s := serve(t, t.TempDir(), open)
	defer s.stop()
	if code, _, errOut := command(t, "import", smallBook(t), "--repo", "book", "--url", s.url, "--quiet"); code != 0 {
		t.Fatalf("import: %s", errOut)
	}
	const m1 = "/content/book@main/modules/m1/index.cnxml"
	_, good := do(t, http.MethodGet, s.url+m1, "", "", "")
	save := func(text string) func(t *testing.T) {
		return func(t *testing.T) {
			if status, back := do(t, http.MethodPut, s.url+m1, text, "If-Match", "*"); status != http.StatusNoContent {
				t.Fatalf("PUT: %d %s", status, back)
			}
		}
	}
	broken := strings.Replace(good, "a.svg", "b.svg", 1)
	better := strings.Replace(good, "a dot", "a black dot", 1)
	tests := []struct {
		name   string
		before func(t *testing.T)
		args   string
		code   int
		says   []string // on the standard output
		errs   string   // on the standard error
	}{
		{"a rehearsal", nil, "book --dry-run", 0, []string{"book can be published as it is"}, ""},
		{"the first edition", nil, "book --wait --message First", 0,
			[]string{"edition 1.1 of book\n", s.url + "/repos/book/versions/1.1\n", s.url + "/content/book@1.1/\n", ".epub\n", "-complete.zip\n", "-site.zip\n"}, "downloads"},
		{"nothing new", nil, "book --wait", 0, []string{"nothing has changed since edition 1.1 of book"}, ""},
		{"what is broken", save(broken), "book --wait", 1,
			[]string{"modules/m1/index.cnxml:3:", ": error: ", "[missing-file]\n\t", "1 error, "}, "publication 2 is failed: "},
		{"the rehearsal of that", nil, "book --dry-run", 1, []string{"[missing-file]"}, "it can't be published as it is"},
		{"what became of it", nil, "book --status 2", 1, []string{"[missing-file]", "publication 2 of book is failed"}, ""},
		{"mended", save(better), "book --wait", 0, []string{"edition 1.2 of book\n"}, ""},
		{"for later", save(good), "book --at 2027-01-31T08:00:00Z", 0, []string{"publication 4 of book is "}, ""},
		{"not yet", nil, "book --status 4 --wait --timeout 1500ms", 3, []string{"is scheduled", "2027-01-31T08:00:00Z"}, "scheduled still"},
		{"never mind", nil, "book --cancel 4", 0, []string{"publication 4 of book is cancelled"}, ""},
		{"it is no more", nil, "book --status 4", 1, []string{"cancelled"}, ""},
		{"there is none", nil, "book --status 40", 1, nil, "no publication 40"},
		{"no such repository", nil, "other --wait", 1, nil, "other"},
		{"no such branch", nil, "book --ref other", 1, nil, "other"},
		{"only what is there", nil, "book --collection other --wait", 1, []string{"[missing-collection]"}, ""},
		{"who is asked", func(t *testing.T) { ask(t, s.url) }, "book --wait --timeout 1500ms", 3, []string{"ada", "pending"}, "waiting-for-acceptance still"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.before != nil {
				tt.before(t)
			}
			code, out, errOut := command(t, append([]string{"publish", "--url", s.url}, strings.Fields(tt.args)...)...)
			if code != tt.code || !strings.Contains(errOut, tt.errs) {
				t.Errorf("exit code %d, not %d: %s", code, tt.code, errOut)
			}
			for _, text := range tt.says {
				if !strings.Contains(out, text) {
					t.Errorf("no %q in\n%s", text, out)
				}
			}
		})
	}
	code, out, errOut := command(t, "publish", "book", "--status", "2", "--json", "--url", s.url)
	var told struct {
		State    string
		Findings []struct{ Code string }
	}
	if err := json.Unmarshal([]byte(out), &told); err != nil || code != 1 || told.State != "failed" || len(told.Findings) == 0 || strings.Count(out, "\n") != 1 {
		t.Errorf("as JSON, with exit code %d: %v, %s%s", code, err, out, errOut)
	}
}

// ask has everybody who is named in the book asked.
func ask(t *testing.T, url string) {
	t.Helper()
	if status, back := do(t, http.MethodPut, url+"/repos/book/settings", `{"acceptance":true}`, "If-Match", "*"); status/100 != 2 {
		t.Fatalf("settings: %d %s", status, back)
	}
}

func TestPublishAsksWrongly(t *testing.T) {
	tests := []struct {
		args string
		code int
		says string
	}{
		{"", 2, "publish REPO"},
		{"Bad", 2, `"Bad"`},
		{"book --at tomorrow", 2, "--at tomorrow"},
		{"book --status 1 --cancel 1", 2, "exclude"},
		{"book --dry-run --wait", 2, "nothing to --wait for"},
		{"book --url nowhere", 2, "nowhere"},
		{"book --url http://127.0.0.1:1 --wait --timeout 50ms", 4, "refused"},
	}
	for _, tt := range tests {
		t.Run(tt.args, func(t *testing.T) {
			code, _, errOut := command(t, append([]string{"publish"}, strings.Fields(tt.args)...)...)
			if code != tt.code || !strings.Contains(errOut, tt.says) {
				t.Errorf("exit code %d, not %d: %s", code, tt.code, errOut)
			}
		})
	}
}
