package grants_test

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rhapsode/fs-service/access"
	"rhapsode/fs-service/grants"
	"rhapsode/internal/fault"
)

func TestAGrantIsTakenOnce(t *testing.T) {
	dir := t.TempDir()
	text, token, err := access.Mint(access.Token{User: "ada", Admin: true, Created: time.Now().UTC().Truncate(time.Second), Scope: access.Scope{Verbs: access.Verbs()}}, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if err := grants.Leave(dir, token); err != nil {
		t.Fatal(err)
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*", "*"))
	left, err := os.ReadFile(files[0])
	_, secret, _ := access.ParseText(text)
	if err != nil || strings.Contains(string(left), secret) {
		t.Fatalf("the file holds the secret: %s, %v", left, err)
	}
	if err := os.WriteFile(filepath.Join(filepath.Dir(files[0]), "odd.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	var taken []access.Token
	var broken []string
	take := func(answer error) error {
		return grants.Take(dir, func(t access.Token) error {
			if answer == nil {
				taken = append(taken, t)
			}
			return answer
		}, func(name string, _ error) { broken = append(broken, name) })
	}
	if err := take(fault.Newf(fault.Unavailable, "put", "not now")); !fault.Is(err, fault.Unavailable) {
		t.Fatalf("%v", err)
	}
	for range 2 {
		if err := take(nil); err != nil {
			t.Fatal(err)
		}
	}
	if len(taken) != 1 || taken[0].ID != token.ID || !taken[0].Opens(secret, time.Now()) || len(broken) != 1 {
		t.Errorf("taken %v, broken %v", taken, broken)
	}
}
