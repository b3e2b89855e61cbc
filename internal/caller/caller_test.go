package caller_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"rhapsode/internal/caller"
)

func TestACredentialIsNeverPrinted(t *testing.T) {
	const secret = "rhp_id_secret"
	c := caller.Bearing(secret)
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("call", "caller", c, "in", struct{ C caller.Credential }{c})
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	said := fmt.Sprintf("%v %+v %#v %s %v", c, c, c, c, struct{ C caller.Credential }{c}) + log.String() + string(text)
	if strings.Contains(said, "secret}") || strings.Contains(log.String(), secret) || strings.Contains(string(text), secret) {
		t.Fatalf("a credential was printed: %s", said)
	}
}

func TestAContextCarriesWhoAsks(t *testing.T) {
	if c := caller.FromContext(context.Background()); !c.IsZero() {
		t.Fatalf("nobody asked, and it was %v", c)
	}
	ctx := caller.NewContext(t.Context(), caller.Bearing("x"))
	if got := caller.FromContext(ctx).Reveal(); got != "x" {
		t.Fatalf("x asked, and %q arrived", got)
	}
}
