package download_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"image"
	_ "image/png" // of screenshots
	"io"
	"net/url"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"rhapsode/repo-api/internal/download"
)

// editions are the made-up book, and the real one where it is.
func editions(t *testing.T) map[string]download.Edition {
	es := map[string]download.Edition{"made up": edition(t, everythingSource(t))}
	if e := corpusOrEmpty(t); e.Source != nil {
		es["real"] = e
	}
	return es
}

// TestEveryLinkLeadsSomewhere follows every link and every picture on every page
// of both forms, to the id that it names.
func TestEveryLinkLeadsSomewhere(t *testing.T) {
	for name, e := range editions(t) {
		for _, r := range []download.Recipe{download.EPUB{}, download.Site{}} {
			t.Run(name+"/"+r.Name(), func(t *testing.T) {
				data, _ := makeIt(t, open(t, e), r)
				files, _ := unzip(t, data)
				ids, links := make(map[string]bool), make(map[string][]string)
				for name, content := range files {
					ids[name] = true
					if ext := path.Ext(name); (ext == ".xhtml" || ext == ".html") && !strings.Contains(name, "/files/") {
						links[name] = readLinks(t, name, content, ids)
					}
				}
				followed := 0
				for from, hrefs := range links {
					for _, href := range hrefs {
						u, err := url.Parse(href)
						if err != nil {
							t.Errorf("%s: %v", from, err)
							continue
						}
						if u.Scheme != "" {
							continue
						}
						to := from
						if u.Path != "" {
							to = path.Join(path.Dir(from), u.Path)
						}
						if u.Fragment != "" {
							to += "#" + u.Fragment
						}
						if !ids[to] {
							t.Errorf("%s: %q leads to %s, which is not there", from, href, to)
						}
						followed++
					}
				}
				if followed == 0 {
					t.Error("no link was followed")
				}
			})
		}
	}
}

// readLinks returns what a page refers to and notes its ids.
func readLinks(t *testing.T, name string, content []byte, ids map[string]bool) (links []string) {
	t.Helper()
	dec := xml.NewDecoder(bytes.NewReader(content))
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return links
		}
		if err != nil {
			t.Fatalf("%s is not well formed: %v", name, err)
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		if start.Name.Local == "script" {
			t.Errorf("%s holds a script", name)
		}
		for _, a := range start.Attr {
			switch {
			case a.Name.Local == "id":
				ids[name+"#"+a.Value] = true
			case a.Name.Local == "href", a.Name.Local == "src":
				links = append(links, a.Value)
			case strings.HasPrefix(a.Name.Local, "on"):
				t.Errorf("%s: <%s> holds a script", name, start.Name.Local)
			}
		}
	}
}

func TestEpubcheck(t *testing.T) {
	program, err := exec.LookPath("epubcheck")
	if err != nil {
		t.Skip("left out: epubcheck is not installed")
	}
	for name, e := range editions(t) {
		t.Run(name, func(t *testing.T) {
			data, _ := makeIt(t, open(t, e), download.EPUB{})
			file := filepath.Join(t.TempDir(), "book.epub")
			if err := os.WriteFile(file, data, 0o600); err != nil {
				t.Fatal(err)
			}
			out, err := exec.Command(program, file).CombinedOutput()
			if errors.Is(err, syscall.ENOEXEC) { // Debian's is an archive that the kernel may not know how to run
				out, err = exec.Command("java", "-jar", program, file).CombinedOutput()
			}
			if err != nil || !strings.Contains(string(out), "0 errors") {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// TestBrowser looks at a page of the site from a disk.
func TestBrowser(t *testing.T) {
	program, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("left out: chromium is not installed")
	}
	dir := t.TempDir()
	data, _ := makeIt(t, open(t, edition(t, everythingSource(t))), download.Site{})
	files, _ := unzip(t, data)
	for name, content := range files {
		at := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(at), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, page := range []string{"index.html", "m1.html"} {
		shot := filepath.Join(dir, page+".png")
		out, err := exec.CommandContext(t.Context(), program, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
			"--user-data-dir="+filepath.Join(dir, "profile"), "--window-size=800,1000", "--screenshot="+shot,
			"file://"+filepath.Join(dir, "all-of-it-1.1-site", page)).CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		f, err := os.Open(shot)
		if err != nil {
			t.Fatal(err)
		}
		img, _, err := image.Decode(f)
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		if n := colours(img); n < 20 {
			t.Errorf("%s shows %d colours: it is blank", page, n)
		}
	}
}

func colours(img image.Image) int {
	seen := make(map[[3]uint32]bool)
	b := img.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			r, g, b, _ := img.At(x, y).RGBA()
			seen[[3]uint32{r, g, b}] = true
		}
	}
	return len(seen)
}
