package api_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"rhapsode/fs-service/fsapi"
	"rhapsode/fs-service/fstest"
)

// hall is a site that lets nobody in without a token.
type hall struct {
	*site
	fs     fsapi.FS
	tokens map[string]string // by who holds them
	ahead  atomic.Int64      // of the clock, in nanoseconds
}

// people have a role each in the repository book, or none.
var people = []string{"reader", "author", "maintainer", "publisher", "moderator", "stranger"}

func newHall(t *testing.T) *hall {
	t.Helper()
	h := &hall{tokens: map[string]string{"nobody": ""}}
	fs, admin := fstest.Closed(t, func() time.Time { return time.Now().Add(time.Duration(h.ahead.Load())) })
	h.site, h.fs = siteOver(t, fs), fs
	h.tokens["admin"] = admin
	h.as(201, "admin", "PUT", "/repos/book", "{}", "If-None-Match", "*")
	roles := map[string][]string{}
	for _, name := range people {
		h.tokens[name] = h.token(fmt.Sprintf(`{"user":%q,"scope":{"verbs":["read","write","publish","moderate","admin"]}}`, name))
		if name != "stranger" {
			roles[name] = []string{name}
		}
	}
	settings, err := json.Marshal(map[string]any{
		"roles": roles, "protected": []string{"release/*"},
		"frozen": []map[string]string{{"branch": "ice", "by": "Ada", "reason": "it is at the printer's"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	h.as(201, "admin", "PUT", "/content/book@main/a.txt", "first", "If-None-Match", "*")
	for _, branch := range []string{"side", "release/1", "ice"} {
		h.as(201, "admin", "POST", "/repos/book/branches", fmt.Sprintf(`{"name":%q}`, branch))
	}
	h.as(200, "admin", "PUT", "/repos/book/settings", string(settings), "If-Match", "*")
	return h
}

// token makes one and returns its text.
func (h *hall) token(asked string) string {
	h.t.Helper()
	text, _ := h.as(201, "admin", "POST", "/tokens", asked).member(h.t, "token").(string)
	return text
}

// as is want, asked by somebody.
func (h *hall) as(status int, who, method, path, body string, fields ...string) answer {
	h.t.Helper()
	return h.want(status, method, path, body, h.by(who, fields)...)
}

func (h *hall) by(who string, fields []string) []string {
	text := h.tokens[who]
	if text == "" {
		return fields
	}
	fields = append(slices.Clone(fields), "Authorization", "Bearer "+text)
	if !slices.Contains(fields, "Content-Type") {
		fields = append(fields, "Content-Type", "application/json")
	}
	return fields
}

// TestEveryDoorJudges goes to every door as everybody. A door that forgets to judge lets in
// who has no business there. What is due is, in this order: 401 to nobody, 404 to a stranger,
// 403 to who may know but may not, and the deed to the others.
func TestEveryDoorJudges(t *testing.T) {
	readers := []string{"reader", "author", "maintainer", "publisher", "moderator", "admin"}
	writers := []string{"author", "maintainer", "admin"}
	keepers := []string{"maintainer", "admin"}
	doors := []struct {
		name, method, path, body string
		fields                   []string
		may                      []string
	}{
		{"read a draft", "GET", "/content/book@main/a.txt", "", nil, readers},
		{"read a draft's head", "HEAD", "/content/book@main/a.txt", "", nil, readers},
		{"read what is not there", "GET", "/content/book@main/none", "", nil, readers},
		{"list a directory", "GET", "/content/book@main/", "", nil, readers},
		{"find the default branch", "GET", "/content/book/a.txt", "", nil, readers},
		{"read history", "GET", "/repos/book/history/a.txt", "", nil, readers},
		{"read commits", "GET", "/repos/book/commits", "", nil, readers},
		{"blame", "GET", "/repos/book/blame/a.txt", "", nil, readers},
		{"compare", "GET", "/repos/book/compare/main...side", "", nil, readers},
		{"see branches", "GET", "/repos/book/branches", "", nil, readers},
		{"see a branch", "GET", "/repos/book/branches/main", "", nil, readers},
		{"see the record", "GET", "/repos/book", "", nil, readers},
		{"see settings", "GET", "/repos/book/settings", "", nil, readers},
		{"write", "PUT", "/content/book@main/n-%s.txt", "x", []string{"If-None-Match", "*"}, writers},
		{"overwrite", "PUT", "/content/book@side/a.txt", "%s", []string{"If-Match", "*"}, writers},
		{"write a large body", "PUT", "/content/book@side/large-%s", strings.Repeat("x", 2<<20), []string{"If-None-Match", "*"}, writers},
		{"patch", "PATCH", "/content/book@main/p-%s.json", `{"b":1}`, []string{"If-Match", "*", "Content-Type", "application/merge-patch+json"}, writers},
		{"delete", "DELETE", "/content/book@main/d-%s.txt", "", []string{"If-Match", "*"}, writers},
		{"write to a protected branch", "PUT", "/content/book@release%%2F1/n-%s.txt", "x", []string{"If-None-Match", "*"}, keepers},
		{"change many", "POST", "/repos/book/changesets", `{"changes":[{"op":"put","path":"c-%s","text":"x"}]}`, nil, writers},
		{"merge", "POST", "/repos/book/merges", `{"into":"side","from":"main"}`, nil, writers},
		{"make a branch", "POST", "/repos/book/branches", `{"name":"b-%s"}`, nil, writers},
		{"make a protected branch", "POST", "/repos/book/branches", `{"name":"release/b-%s"}`, nil, keepers},
		{"move a branch back", "PUT", "/repos/book/branches/back", `{"from":"first","force":true}`, []string{"If-Match", "*"}, keepers},
		{"delete a branch", "DELETE", "/repos/book/branches/x-%s", "", []string{"If-Match", "*"}, writers},
		{"import", "PATCH", "/repos/book/imports/" + strings.Repeat("0", 64), "", []string{"Content-Type", "application/partial-upload", "Upload-Offset", "0", "Upload-Complete", "?0"}, writers},
		{"change the record", "PATCH", "/repos/book", `{"description":"%s"}`, []string{"If-Match", "*", "Content-Type", "application/merge-patch+json"}, keepers},
		{"change settings", "PATCH", "/repos/book/settings", `{"acceptance":true}`, []string{"If-Match", "*", "Content-Type", "application/merge-patch+json"}, keepers},
		{"make a repository", "POST", "/repos", `{"name":"r-%s"}`, nil, []string{"admin"}},
		{"make a token", "POST", "/tokens", `{"user":"%s"}`, nil, []string{"admin"}},
		{"list tokens", "GET", "/tokens", "", nil, []string{"admin"}},
		{"delete the repository", "DELETE", "/repos/book", "", []string{"If-Match", "*"}, []string{"maintainer"}},
	}
	h := newHall(t)
	for _, who := range append([]string{"admin", "nobody"}, people...) {
		h.as(201, "admin", "PUT", "/content/book@main/p-"+who+".json", `{"a":1}`, "If-None-Match", "*")
		h.as(201, "admin", "PUT", "/content/book@main/d-"+who+".txt", "x", "If-None-Match", "*")
		h.as(201, "admin", "POST", "/repos/book/branches", `{"name":"x-`+who+`"}`)
	}
	h.as(201, "admin", "POST", "/repos/book/branches", `{"name":"back"}`)
	h.as(201, "admin", "POST", "/repos/book/branches", `{"name":"first"}`)
	for _, door := range doors {
		t.Run(door.name, func(t *testing.T) {
			h.t = t
			whole := strings.HasPrefix(door.path, "/repos/book") || strings.HasPrefix(door.path, "/content/book")
			for _, who := range []string{"nobody", "stranger", "reader", "moderator", "publisher", "author", "maintainer", "admin"} {
				if door.method == "DELETE" && door.path == "/repos/book" && who == "admin" {
					continue // it is gone by then
				}
				path, body := spell(door.path, who), spell(door.body, who)
				a := h.ask(door.method, path, strings.NewReader(body), h.by(who, door.fields)...)
				got, due := a.StatusCode, ""
				switch {
				case slices.Contains(door.may, who):
					if got == 401 || got == 403 || got >= 500 || got == 404 && door.name != "read what is not there" {
						due = "what it takes"
					}
				case who == "nobody":
					if got != 401 {
						due = "401"
					}
				case who == "stranger" && whole:
					none := h.ask(door.method, strings.Replace(path, "/book", "/none", 1), strings.NewReader(body), h.by(who, door.fields)...)
					if got != none.StatusCode || got < 400 {
						due = none.Status + ", as where there is nothing"
					}
				case got != 403:
					due = "403"
				}
				if due != "" {
					t.Errorf("%s: %s %s: %d, due is %s: %s", who, door.method, path, got, due, a.body)
				}
				if got == 403 && (a.member(t, "rule") == nil || a.member(t, "needed") == nil) {
					t.Errorf("%s is not told which rule refused, and what it would take: %s", who, a.body)
				}
				if challenge := a.Header.Get("WWW-Authenticate"); (got == 401) != (challenge == `Bearer realm="rhapsode"`) {
					t.Errorf("%d with the challenge %q", got, challenge)
				}
			}
		})
	}
	h.t = t
}

// spell puts who asks in a template that has a place for it.
func spell(template, who string) string {
	if strings.Contains(template, "%") {
		return strings.ReplaceAll(strings.ReplaceAll(template, "%s", who), "%%", "%")
	}
	return template
}

func TestAFrozenBranchSaysWhoFrozeIt(t *testing.T) {
	h := newHall(t)
	a := h.as(423, "maintainer", "PUT", "/content/book@ice/b.txt", "x", "If-None-Match", "*")
	if a.member(t, "by") != "Ada" || a.member(t, "reason") != "it is at the printer's" {
		t.Errorf("%s", a.body)
	}
	h.as(200, "maintainer", "PATCH", "/repos/book/settings", `{"frozen":[]}`, "If-Match", "*", "Content-Type", "application/merge-patch+json")
	h.as(201, "author", "PUT", "/content/book@ice/b.txt", "x", "If-None-Match", "*")
}

func TestATokenThatIsNoLongerGoodOpensNothing(t *testing.T) {
	h := newHall(t)
	expires := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	made := h.as(201, "admin", "POST", "/tokens", `{"user":"author","expires":"`+expires+`"}`)
	h.tokens["late"], _ = made.member(t, "token").(string)
	h.tokens["revoked"] = h.tokens["author"]
	id := strings.Split(h.tokens["revoked"], "_")[1]
	h.as(200, "late", "GET", "/content/book@main/a.txt", "")
	h.as(200, "revoked", "GET", "/content/book@main/a.txt", "")

	h.as(204, "admin", "DELETE", "/tokens/"+id, "")
	h.as(404, "admin", "DELETE", "/tokens/"+id, "")
	h.ahead.Store(int64(2 * time.Hour))
	h.tokens["wrong"] = h.tokens["reader"] + "x"
	h.tokens["odd"] = "hello"
	for _, who := range []string{"late", "revoked", "wrong", "odd"} {
		for _, target := range []string{"/content/book@main/a.txt", "/repos/book", "/repos", "/me", "/repos/none"} {
			a := h.as(401, who, "GET", target, "")
			if challenge := a.Header.Get("WWW-Authenticate"); !strings.Contains(challenge, `error="invalid_token"`) {
				t.Errorf("%s at %s: %q", who, target, challenge)
			}
		}
		h.as(401, who, "PUT", "/content/book@main/z.txt", "x", "If-None-Match", "*")
	}
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte("anybody:"+h.tokens["reader"]))
	h.want(200, "GET", "/content/book@main/a.txt", "", "Authorization", basic)
	h.want(401, "GET", "/content/book@main/a.txt", "", "Authorization", "Digest x")
}

func TestATokenIsLimitedToItsScope(t *testing.T) {
	h := newHall(t)
	h.as(201, "admin", "PUT", "/content/book@main/pub/a.txt", "x", "If-None-Match", "*")
	h.tokens["paths"] = h.token(`{"user":"maintainer","scope":{"paths":["pub"],"verbs":["write"]}}`)
	h.tokens["others"] = h.token(`{"user":"maintainer","scope":{"repositories":["other-*"],"verbs":["write"]}}`)
	h.tokens["reads"] = h.token(`{"user":"maintainer","scope":{"repositories":["b*"],"verbs":["read"]}}`)
	for _, tt := range []struct {
		status            int
		who, method, path string
		rule              any
	}{
		{200, "paths", "GET", "/content/book@main/pub/a.txt", nil},
		{200, "paths", "GET", "/content/book@main/pub/", nil},
		{201, "paths", "PUT", "/content/book@main/pub/b.txt", nil},
		{403, "paths", "GET", "/content/book@main/a.txt", "token-path"},
		{403, "paths", "GET", "/content/book@main/none", "token-path"},
		{403, "paths", "GET", "/content/book@main/public", "token-path"},
		{403, "paths", "GET", "/content/book@main/", "token-path"},
		{403, "paths", "PUT", "/content/book@main/b.txt", "token-path"},
		{403, "paths", "GET", "/repos/book/commits", "token-path"},
		{404, "others", "GET", "/content/book@main/a.txt", nil},
		{404, "others", "GET", "/repos/book", nil},
		{200, "reads", "GET", "/content/book@main/a.txt", nil},
		{403, "reads", "PUT", "/content/book@main/b.txt", "token-verb"},
	} {
		fields, body := []string(nil), ""
		if tt.method == "PUT" {
			fields, body = []string{"If-None-Match", "*"}, "x"
		}
		a := h.as(tt.status, tt.who, tt.method, tt.path, body, fields...)
		if tt.status == 403 && a.member(t, "rule") != tt.rule {
			t.Errorf("%s %s %s: %s", tt.who, tt.method, tt.path, a.body)
		}
	}
}

func TestSettingsAreADocument(t *testing.T) {
	h := newHall(t)
	seen := h.as(200, "maintainer", "GET", "/repos/book/settings", "")
	h.as(428, "maintainer", "PUT", "/repos/book/settings", "{}")
	h.as(412, "maintainer", "PUT", "/repos/book/settings", "{}", "If-Match", `"0000000000000000000000000000000000000000"`)
	for _, tt := range []struct{ text, pointer string }{
		{`{"visibility":"some"}`, "/visibility"},
		{`{"roles":{"ada":["author","king"]}}`, "/roles/ada/1"},
		{`{"roles":{"ada":["admin"]}}`, "/roles/ada/0"},
		{`{"roles":{"a b":[]}}`, "/roles/a b"},
		{`{"protected":[""]}`, "/protected/0"},
		{`{"frozen":[{"branch":"main"}]}`, "/frozen/0"},
		{`{"frozen":[{"branch":"main","by":"a","reason":"b","when":1}]}`, "/frozen/0/when"},
		{`{"color/x":1}`, "/color~1x"},
		{`{"acceptance":"yes"}`, "/acceptance"},
		{`{"moderation":null}`, "/moderation"},
		{`[]`, ""},
	} {
		a := h.as(422, "maintainer", "PUT", "/repos/book/settings", tt.text, "If-Match", seen.etag())
		if a.member(t, "pointer") != tt.pointer {
			t.Errorf("%s: %s", tt.text, a.body)
		}
	}
	changed := h.as(200, "maintainer", "PUT", "/repos/book/settings", `{"visibility":"public","roles":{"maintainer":["maintainer"]}}`, "If-Match", seen.etag())
	if again := h.as(200, "maintainer", "GET", "/repos/book/settings", ""); again.etag() != changed.etag() || again.body != changed.body {
		t.Errorf("%s %s, not %s %s", again.etag(), again.body, changed.etag(), changed.body)
	}
	h.want(200, "GET", "/content/book@main/a.txt", "") // it is public now
	h.want(401, "GET", "/repos/book/settings", "")
	h.as(403, "author", "PUT", "/content/book@main/z.txt", "x", "If-None-Match", "*")
}

func TestNobodyElsesCacheKeepsWhatATokenOpened(t *testing.T) {
	h := newHall(t)
	at := h.as(200, "reader", "GET", "/content/book@main/a.txt", "").Header.Get("Content-Location")
	a := h.as(200, "reader", "GET", at, "")
	if cache := a.Header.Get("Cache-Control"); !strings.HasPrefix(cache, "private") || !strings.Contains(strings.Join(a.Header["Vary"], ","), "Authorization") {
		t.Errorf("%q, Vary %q", cache, a.Header["Vary"])
	}
}

func TestGitAsksForAPassword(t *testing.T) {
	h := newHall(t)
	a := h.ask("GET", "/git/book.git/info/refs?service=git-upload-pack", nil)
	if a.StatusCode != http.StatusUnauthorized || a.Header.Get("WWW-Authenticate") != `Basic realm="rhapsode"` {
		t.Errorf("%d, %q", a.StatusCode, a.Header.Get("WWW-Authenticate"))
	}
	git := func(dir, who string, args ...string) (string, error) {
		cmd := exec.CommandContext(t.Context(), "git", append([]string{"-c", "user.name=x", "-c", "user.email=x@y", "-c", "credential.helper="}, args...)...)
		cmd.Dir = dir
		cmd.Env = append(cmd.Environ(), "GIT_TERMINAL_PROMPT=0", "GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=http.extraHeader")
		value := "X-None: 1"
		if who != "nobody" {
			value = "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte("x:"+h.tokens[who]))
		}
		cmd.Env = append(cmd.Env, "GIT_CONFIG_VALUE_0="+value)
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	dir, url := t.TempDir(), h.url+"/git/book.git"
	for who, may := range map[string]bool{"nobody": false, "stranger": false, "reader": true, "author": true, "admin": true} {
		if out, err := git(dir, who, "clone", "-q", url, who); (err == nil) != may {
			t.Errorf("%s clones: %v: %s", who, err, out)
		}
	}
	work := dir + "/author"
	if out, err := git(work, "author", "commit", "-q", "--allow-empty", "-m", "x"); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, tt := range []struct {
		who, to string
		may     bool
		says    string
	}{
		{"nobody", "HEAD:main", false, ""},
		{"stranger", "HEAD:main", false, ""},
		{"reader", "HEAD:main", false, ""},
		{"publisher", "HEAD:main", false, "author"},
		{"author", "HEAD:main", true, ""},
		{"author", "HEAD:release/2", false, "protected"},
		{"maintainer", "HEAD:release/2", true, ""},
		{"author", "+HEAD~1:main", false, "maintainer"},
		{"maintainer", "+HEAD~1:main", true, ""},
		{"maintainer", "HEAD:ice", false, "at the printer's"},
		{"author", "+HEAD:refs/meta/config", false, "maintainer"},
		{"maintainer", "+HEAD:refs/meta/config", false, "settings.json"},
	} {
		out, err := git(work, tt.who, "push", "-q", url, tt.to)
		if (err == nil) != tt.may || !strings.Contains(out, tt.says) {
			t.Errorf("%s pushes %s: %v: %s", tt.who, tt.to, err, out)
		}
	}
}

func TestWhoAsksIsTold(t *testing.T) {
	h := newHall(t)
	if a := h.as(200, "reader", "GET", "/me", ""); a.member(t, "user") != "reader" || a.member(t, "scope") == nil {
		t.Errorf("%s", a.body)
	}
	if a := h.as(200, "nobody", "GET", "/me", ""); a.member(t, "user") != nil {
		t.Errorf("%s", a.body)
	}
	list := h.as(200, "admin", "GET", "/tokens", "").body
	for who, text := range h.tokens {
		if _, secret, _ := strings.Cut(strings.TrimPrefix(text, "rhp_"), "_"); secret != "" && strings.Contains(list, secret) {
			t.Errorf("the list tells %s's secret", who)
		}
	}
	if names := h.as(200, "stranger", "GET", "/repos", "").body; strings.Contains(names, "book") {
		t.Errorf("a stranger sees %s", names)
	}
}
