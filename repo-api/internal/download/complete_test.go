package download_test

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"rhapsode/repo-api/internal/book/booktest"
	"rhapsode/repo-api/internal/download"
)

// TestBag checks what RFC 8493 asks of a bag: the payload is what the manifest
// says, all of it and nothing else, and so are the tag files.
func TestBag(t *testing.T) {
	for name, e := range map[string]download.Edition{
		"made up": edition(t, booktest.Files(t, with(everything(t), "odd/100%\r\nü.txt", "x"))),
		"real":    corpusOrEmpty(t),
	} {
		if e.Source == nil {
			continue
		}
		t.Run(name, func(t *testing.T) {
			data, _ := makeIt(t, open(t, e), download.Complete{})
			files, order := unzip(t, data)
			top, _, _ := strings.Cut(order[0], "/")
			if got := string(files[top+"/bagit.txt"]); got != "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n" {
				t.Errorf("bagit.txt is %q", got)
			}
			total, payload := 0, make(map[string]bool)
			for name, content := range files {
				if rel, ok := strings.CutPrefix(name, top+"/data/"); ok {
					payload["data/"+rel] = true
					total += len(content)
				}
			}
			if want := fmt.Sprintf("Payload-Oxum: %d.%d\n", total, len(payload)); !strings.Contains(string(files[top+"/bag-info.txt"]), want) {
				t.Errorf("bag-info.txt lacks %q", want)
			}
			listed := verify(t, files, top, "manifest-sha256.txt")
			for name := range payload {
				if !listed[name] {
					t.Errorf("%s is in no manifest", name)
				}
			}
			if len(listed) != len(payload) {
				t.Errorf("%d files are listed, %d are there", len(listed), len(payload))
			}
			if tags := verify(t, files, top, "tagmanifest-sha256.txt"); len(tags) != 3 {
				t.Errorf("%d tag files are listed, not 3", len(tags))
			}
			sources, err := e.Source.Files(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if len(sources) != len(payload) {
				t.Errorf("%d files in the bag, %d in the edition", len(payload), len(sources))
			}
		})
	}
}

func verify(t *testing.T, files map[string][]byte, top, manifest string) map[string]bool {
	t.Helper()
	listed := make(map[string]bool)
	lines := bufio.NewScanner(bytes.NewReader(files[top+"/"+manifest]))
	for lines.Scan() {
		digest, name, _ := strings.Cut(lines.Text(), "  ")
		name = strings.NewReplacer("%0A", "\n", "%0D", "\r", "%25", "%").Replace(name)
		content, there := files[top+"/"+name]
		if !there || fmt.Sprintf("%x", sha256.Sum256(content)) != digest {
			t.Errorf("%s: %q is not what the manifest says", manifest, name)
		}
		listed[name] = true
	}
	return listed
}

func with(files map[string]string, path, text string) map[string]string {
	files[path] = text
	return files
}

// corpusOrEmpty is the real book, where it is.
func corpusOrEmpty(t *testing.T) (e download.Edition) {
	t.Run("corpus", func(t *testing.T) { e = edition(t, booktest.Dir(t, filepath.Join(booktest.Corpus(t), "book"))) })
	return e
}
