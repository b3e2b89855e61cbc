package system_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"rhapsode/testclients/door"
	"rhapsode/testclients/press"
	"rhapsode/testclients/rig"
)

// closed is a service that lets nobody in without a token, with the example book in it.
type closed struct {
	t      *testing.T
	rig    *rig.Rig
	doors  []*door.Client // nginx first
	lines  []string       // that it told people to type
	tokens map[string]string
}

// startClosed starts one, and takes the token that it tells.
func startClosed(t *testing.T, data string) *closed {
	t.Helper()
	r, out := start(t, rig.Options{Data: data, Closed: true})
	c := &closed{t: t, rig: r, tokens: map[string]string{}}
	for _, base := range append([]string{r.Front()}, r.APIs()...) {
		c.doors = append(c.doors, dial(t, base))
	}
	until(t, 60*time.Second, "what to type", func() error {
		if !strings.Contains(out.String(), "Worth trying") || !strings.Contains(out.String(), "notes/hello.txt") {
			return errors.New("nothing yet")
		}
		return nil
	})
	for line := range strings.Lines(out.String()) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "  export ") || strings.HasPrefix(line, "  curl ") {
			c.lines = append(c.lines, line)
		}
		if _, text, is := strings.Cut(line, "export RHAPSODE_TOKEN="); is {
			c.tokens["admin"] = text
		}
	}
	if c.tokens["admin"] == "" {
		t.Fatalf("no token was told: %s", out)
	}
	return c
}

// as asks at a door in somebody's name. No answer tells a token.
func (c *closed) as(who string, d *door.Client, a door.Ask, statuses ...int) door.Answer {
	c.t.Helper()
	got := want(c.t, d.Bearing(c.tokens[who]), a, statuses...)
	c.hold(fmt.Sprint(a.Method, " ", a.Path), got.Body)
	c.hold(fmt.Sprint(a.Method, " ", a.Path), fmt.Append(nil, got.Header))
	return got
}

// hold fails the test if text, which came from somewhere, tells a token.
func (c *closed) hold(somewhere string, text []byte) {
	c.t.Helper()
	for who, token := range c.tokens {
		_, secret, _ := strings.Cut(strings.TrimPrefix(token, "rhp_"), "_")
		if secret != "" && bytes.Contains(text, []byte(secret)) {
			c.t.Errorf("%s tells the token of %s", somewhere, who)
		}
	}
}

// mint makes somebody a token, and returns its id.
func (c *closed) mint(who, more string) (id string) {
	c.t.Helper()
	asked := fmt.Sprintf(`{"user":%q%s}`, who, more)
	got := want(c.t, c.doors[0].Bearing(c.tokens["admin"]), door.Ask{Method: "POST", Path: "/tokens", Body: []byte(asked),
		Header: map[string]string{"Content-Type": "application/json"}}, 201)
	var made struct{ ID, Token string }
	if err := json.Unmarshal(got.Body, &made); err != nil || made.Token == "" {
		c.t.Fatalf("%v: %s", err, got.Body)
	}
	c.tokens[who] = made.Token
	return made.ID
}

func document(method, path, body string) door.Ask {
	h := map[string]string{"If-None-Match": "*"}
	if method == "GET" {
		h = nil
	}
	return door.Ask{Method: method, Path: "/content/guide@main/" + path, Body: []byte(body), Header: h}
}

// TestAClosedService: what `up` is by itself. What it tells people to type works; each role does
// what it may at every door and no more; what was taken away is away at once, everywhere; what
// was published is for everybody; and nothing that is logged or answered tells a token.
func TestAClosedService(t *testing.T) {
	data := t.TempDir()
	c := startClosed(t, data)
	front := c.doors[0]

	t.Run("what it says works", func(t *testing.T) {
		script := strings.ReplaceAll(strings.Join(c.lines, "\n"), "  curl ", "  curl -sSf ")
		cmd := exec.CommandContext(t.Context(), "sh", "-e", "-c", script)
		cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "RHAPSODE_TOKEN=") })
		if out, err := cmd.CombinedOutput(); err != nil || !bytes.Contains(out, []byte("201 Created")) {
			t.Errorf("%v: %s\nof %q", err, out, c.lines)
		}
	})
	for _, who := range []string{"reader", "author", "publisher", "stranger"} {
		c.mint(who, "")
	}
	c.as("admin", front, door.Ask{Method: "PUT", Path: "/repos/guide/settings", Header: map[string]string{"If-Match": "*", "Content-Type": "application/json"},
		Body: []byte(`{"acceptance":false,"moderation":false,"roles":{"reader":["reader"],"author":["author"],"publisher":["publisher"]}}`)}, 200, 201)

	post := func(path, body string) door.Ask {
		return door.Ask{Method: "POST", Path: path, Body: []byte(body), Header: map[string]string{"Content-Type": "application/json"}}
	}
	people := []string{"", "stranger", "reader", "publisher", "author", "admin"}
	for i, d := range c.doors {
		deeds := []struct {
			name string
			ask  func(who string) door.Ask
			due  []int // for each of people
		}{
			{"read", func(string) door.Ask { return document("GET", "META-INF/books.xml", "") }, []int{401, 404, 200, 200, 200, 200}},
			{"write", func(who string) door.Ask { return document("PUT", fmt.Sprint("by/", who, i), "x") }, []int{401, 404, 403, 403, 201, 201}},
			{"changeset", func(who string) door.Ask {
				return post("/repos/guide/changesets", fmt.Sprintf(`{"changes":[{"op":"put","path":"set/%s%d","text":"x"}]}`, who, i))
			}, []int{401, 404, 403, 403, 201, 201}},
			{"settings", func(string) door.Ask {
				return door.Ask{Method: "PATCH", Path: "/repos/guide/settings", Header: map[string]string{"If-Match": "*", "Content-Type": "application/merge-patch+json"}, Body: fmt.Appendf(nil, `{"roles":{"guest-%d":["reader"]}}`, i)}
			}, []int{401, 404, 403, 403, 403, 200}},
			{"tokens", func(string) door.Ask { return door.Ask{Method: "GET", Path: "/tokens"} }, []int{401, 403, 403, 403, 403, 200}},
		}
		for _, deed := range deeds {
			for j, who := range people {
				got := c.as(who, d, deed.ask(who), 200, 201, 401, 403, 404, 412)
				if got.Status != deed.due[j] {
					t.Errorf("%s by %q at %s: %d, not %d: %s", deed.name, who, d.Base(), got.Status, deed.due[j], got.Body)
				}
				if got.Status == 401 && got.Header.Get("WWW-Authenticate") == "" {
					t.Errorf("%s by %q: 401 without a challenge", deed.name, who)
				}
			}
		}
	}
	c.byGit()
	c.published(front)

	id := c.mint("leaver", "")
	c.as("admin", front, door.Ask{Method: "PATCH", Path: "/repos/guide/settings", Header: map[string]string{"If-Match": "*", "Content-Type": "application/merge-patch+json"},
		Body: []byte(`{"roles":{"leaver":["author"]}}`)}, 200)
	for i, d := range c.doors {
		c.as("leaver", d, document("PUT", fmt.Sprint("leaver/", i), "x"), 201)
	}
	c.as("admin", c.doors[1], door.Ask{Method: "DELETE", Path: "/tokens/" + id}, 204)
	for i, d := range c.doors {
		c.as("leaver", d, document("PUT", fmt.Sprint("leaver/again", i), "x"), 401)
		c.as("leaver", d, document("GET", "META-INF/books.xml", ""), 401)
	}
	soon := time.Now().Add(3 * time.Second).UTC().Truncate(time.Second)
	c.mint("reader", fmt.Sprintf(`,"expires":%q`, soon.Format(time.RFC3339)))
	c.as("reader", front, document("GET", "META-INF/books.xml", ""), 200)
	until(t, 10*time.Second, "the end of a token", func() error {
		_, err := front.Bearing(c.tokens["reader"]).Want(t.Context(), document("GET", "META-INF/books.xml", ""), 401)
		return err
	})
	if time.Now().Before(soon) {
		t.Error("a token ended before its time")
	}
	c.holdFiles(data)
}

// byGit clones and pushes as everybody, with the token as the password.
func (c *closed) byGit() {
	c.t.Helper()
	dir := c.t.TempDir()
	git := func(args ...string) error {
		cmd := exec.CommandContext(c.t.Context(), "git", append([]string{"-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "credential.helper="}, args...)...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GIT_TERMINAL_PROMPT=0", "GIT_CONFIG_NOSYSTEM=1", "HOME="+dir)
		out, err := cmd.CombinedOutput()
		if err != nil {
			return fmt.Errorf("%w: %s", err, out)
		}
		return nil
	}
	for _, tt := range []struct {
		who           string
		clones, moves bool
	}{{"", false, false}, {"stranger", false, false}, {"reader", true, false}, {"publisher", true, false}, {"author", true, true}} {
		url := strings.Replace(c.doors[0].Base(), "://", "://any:"+c.tokens[tt.who]+"@", 1) + "/git/guide.git"
		work := "work-" + tt.who
		if err := git("clone", "-q", url, work); (err == nil) != tt.clones {
			c.t.Errorf("%q clones: %v", tt.who, err)
		}
		if !tt.clones {
			continue
		}
		if err := git("-C", work, "commit", "-q", "--allow-empty", "-m", "By "+tt.who); err != nil {
			c.t.Fatal(err)
		}
		if err := git("-C", work, "push", "-q", "origin", "HEAD:refs/heads/by-"+tt.who); (err == nil) != tt.moves {
			c.t.Errorf("%q pushes: %v", tt.who, err)
		}
	}
}

// published publishes the book: by its publisher and nobody less, and for everybody.
func (c *closed) published(d *door.Client) {
	c.t.Helper()
	const books = "META-INF/books.xml"
	book := press.New(d, "guide")
	if _, err := book.As(c.tokens["author"]).Publish(c.t.Context(), press.Order{Message: "Mine"}); err == nil {
		c.t.Error("an author publishes")
	}
	publisher := book.As(c.tokens["publisher"])
	ctx, cancel := context.WithTimeout(c.t.Context(), time.Minute)
	defer cancel()
	edition, err := publisher.Publish(ctx, press.Order{Message: "First"})
	if err != nil {
		now, lookErr := publisher.Look(c.t.Context(), 1)
		c.t.Fatalf("%v; %+v, %v", err, now, lookErr)
	}
	for _, d := range c.doors {
		c.as("", d, door.Ask{Method: "GET", Path: "/content/guide@" + edition.Number + "/" + books}, 200)
		c.as("", d, document("GET", books, ""), 401)
		c.as("", d, door.Ask{Method: "GET", Path: "/repos/guide/history/" + books}, 401)
	}
}

// holdFiles fails the test if a file of the service tells a token.
func (c *closed) holdFiles(data string) {
	c.t.Helper()
	seen := 0
	err := filepath.WalkDir(filepath.Join(data, "log"), func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := os.ReadFile(name)
		c.hold(name, text)
		seen += len(text)
		return err
	})
	if err != nil || seen == 0 {
		c.t.Errorf("%d bytes of logs were read: %v", seen, err)
	}
}
