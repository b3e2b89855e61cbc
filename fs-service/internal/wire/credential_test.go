package wire_test

import (
	"testing"

	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/fs-service/internal/wire"
	"rhapsode/fs-service/internal/wire/pb"
	"rhapsode/internal/caller"
)

// TestWhoAsksCrossesTheWire, whatever they brought, both with a call and with a question
// that shares its message with those of others.
func TestWhoAsksCrossesTheWire(t *testing.T) {
	repo, err := content.ParseRepoID("book")
	if err != nil {
		t.Fatal(err)
	}
	for name, sent := range map[string]caller.Credential{
		"nobody": {}, "a token": caller.Bearing("rhp_id_secret"), "work on behalf of one": caller.Behalf("id"), "the cell": caller.Cell(),
	} {
		t.Run(name, func(t *testing.T) {
			out, _ := metadata.FromOutgoingContext(wire.Outgoing(caller.NewContext(t.Context(), sent)))
			if got := caller.FromContext(wire.Incoming(metadata.NewIncomingContext(t.Context(), out))); got != sent {
				t.Errorf("with a call it arrives as %q on behalf of %q", got.Reveal(), got.For())
			}
			at := fsapi.At{Repo: repo}
			text, err := proto.Marshal(wire.FromQuestion(fsapi.StatQuestion{At: at}, sent))
			if err != nil {
				t.Fatal(err)
			}
			var arrived pb.StatQuestion
			if err := proto.Unmarshal(text, &arrived); err != nil {
				t.Fatal(err)
			}
			if _, got, err := wire.Question(&arrived); err != nil || got != sent {
				t.Errorf("with a question it arrives as %q on behalf of %q, %v", got.Reveal(), got.For(), err)
			}
		})
	}
}
