package check_test

import (
	"strings"
	"testing"

	"rhapsode/repo-api/internal/book"
	"rhapsode/repo-api/internal/book/booktest"
	"rhapsode/repo-api/internal/check"
)

// ofTheBook are the options that a real book of the git era needs: who wrote it
// is only known from its commits.
var ofTheBook = check.Options{Known: book.Metadata{Credits: []book.Credit{{Role: book.Author, Person: book.Person{Name: "Colby"}}}}}

// TestTheHistoryOfARealBook walks through the states that were really committed:
// what was wrong is refused by file and line, and the next good state passes.
func TestTheHistoryOfARealBook(t *testing.T) {
	history := booktest.NewHistory(t)
	readings := book.NewReadings(64 << 20)
	const code = "../../media/interactive//coderunner/"
	tests := []struct {
		commit string
		errors []string // how each begins
	}{
		{"978377cd", []string{"collections/template-slug.collection.xml:7:3: error: the collection has no modules"}},
		{"1091b103", nil},
		{"dddadb1c", []string{`modules/m00080/index.cnxml:13:82: error: the file "Dan Meyers"`}},
		{"37ceecdf", nil},
		{"4ca4a6bb", []string{`collections/introduction-python-programming.collection.xml:196:9: error: the module "m00114"`}},
		{"480a6654", nil},
		{"4b98fd9f", []string{
			`modules/m00012/index.cnxml:99:5: error: the file "` + code + `ch2/CodeRunner_02_03_01_Grade-average.html"`,
			`modules/m00012/index.cnxml:118:5: error: the file "` + code + `ch2/CodeRunner_02_03_03_Product-as-float.html"`,
		}},
		{"bbe7cd6c", nil},
		{"ac400b03", []string{`modules/m00059/index.cnxml:142:5: error: the file "` + code + `ch8/`}},
		{"7dedfe85", nil},
		{"main", nil},
	}
	for _, tt := range tests {
		r, err := check.Run(t.Context(), history.At(t, tt.commit), readings, ofTheBook)
		if err != nil {
			t.Fatal(err)
		}
		var errors []string
		for _, f := range r.Findings {
			if f.Severity == check.Error {
				errors = append(errors, f.String())
			}
		}
		if len(errors) != len(tt.errors) {
			t.Errorf("%s: %q", tt.commit, errors)
			continue
		}
		for i, want := range tt.errors {
			if !strings.HasPrefix(errors[i], want) {
				t.Errorf("%s: %s, not %s", tt.commit, errors[i], want)
			}
		}
	}
}

func TestTheBookAsItIs(t *testing.T) {
	r, err := check.Run(t.Context(), booktest.Dir(t, booktest.Corpus(t)+"/book"), book.NewReadings(64<<20), ofTheBook)
	if err != nil {
		t.Fatal(err)
	}
	var unused []string
	for _, f := range r.Findings {
		switch f.Code {
		case check.UnusedModule:
			unused = append(unused, f.Path)
		case check.Format:
		default:
			t.Error(f)
		}
	}
	if len(unused) != 1 || unused[0] != "modules/m00067/index.cnxml" || r.Documents != 116 {
		t.Errorf("%d documents; in no collection: %v", r.Documents, unused)
	}
}

// BenchmarkCheck checks the real book: all of it anew, and when one module changed.
func BenchmarkCheck(b *testing.B) {
	src := booktest.Dir(b, booktest.Corpus(b)+"/book")
	run := func(readings *book.Readings) {
		if _, err := check.Run(b.Context(), src, readings, ofTheBook); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("anew", func(b *testing.B) {
		for b.Loop() {
			run(book.NewReadings(64 << 20))
		}
	})
	b.Run("again", func(b *testing.B) {
		readings := book.NewReadings(64 << 20)
		run(readings)
		for b.Loop() {
			run(readings)
		}
	})
}
