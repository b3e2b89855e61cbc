package book_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"rhapsode/repo-api/internal/book"
	"rhapsode/repo-api/internal/book/booktest"
)

// tree is a collection as the corpus writes it down.
type tree struct {
	Blob     string            `json:"blob"`
	Path     string            `json:"path"`
	Metadata map[string]string `json:"metadata"`
	Content  []branch          `json:"content"`
}

type branch struct {
	Module  string   `json:"module,omitempty"`
	Title   string   `json:"title,omitempty"`
	Content []branch `json:"content,omitempty"`
}

func TestEveryTreeOfTheCorpus(t *testing.T) {
	list, err := os.ReadFile(filepath.Join(booktest.Corpus(t), "collections.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	history := booktest.NewHistory(t)
	lines := bytes.Split(bytes.TrimSpace(list), []byte("\n"))
	if len(lines) != 46 {
		t.Fatalf("%d versions of the collection, not 46", len(lines))
	}
	for _, line := range lines {
		var want tree
		if err := json.Unmarshal(line, &want); err != nil {
			t.Fatal(err)
		}
		data, err := history.Blob(want.Blob)
		if err != nil {
			t.Fatal(err)
		}
		c, err := book.ReadCollection(booktest.Path(t, want.Path), bytes.NewReader(data))
		if err != nil {
			t.Errorf("%s: %v", want.Blob, err)
			continue
		}
		if got := branches(c.Items); !reflect.DeepEqual(got, want.Content) {
			t.Errorf("%s: the tree is\n%v, not\n%v", want.Blob, got, want.Content)
		}
		if got := facts(c.Metadata); !reflect.DeepEqual(got, want.Metadata) {
			t.Errorf("%s: the metadata are\n%v, not\n%v", want.Blob, got, want.Metadata)
		}
	}
}

func branches(items []book.Item) []branch {
	bs := []branch{}
	for _, it := range items {
		if it.Module != nil {
			bs = append(bs, branch{Module: it.Module.ID, Title: it.Title})
		} else {
			bs = append(bs, branch{Title: it.Title, Content: branches(it.Items)})
		}
	}
	return bs
}

// facts are the metadata that the corpus lists; what a document does not say is not in it.
func facts(m book.Metadata) map[string]string {
	facts := map[string]string{
		"title": m.Title, "slug": m.Slug, "language": m.Language, "uuid": m.UUID,
		"license": m.Licence.URL, "content-id": m.ContentID,
	}
	for name, value := range facts {
		if value == "" {
			delete(facts, name)
		}
	}
	return facts
}
