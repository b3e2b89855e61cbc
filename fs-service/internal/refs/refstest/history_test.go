package refstest

import (
	"testing"

	"github.com/anishathalye/porcupine"

	"rhapsode/content"
)

// The judge is worth nothing unless it condemns.
func TestJudge(t *testing.T) {
	none, a, b := content.Digest{}, Digest(1), Digest(2)
	move := func(from, to content.Digest, kind answerKind, call, returned int64) porcupine.Operation {
		return porcupine.Operation{Input: question{from: from, to: to}, Output: answer{kind: kind}, Call: call, Return: returned}
	}
	read := func(target content.Digest, call, returned int64) porcupine.Operation {
		return porcupine.Operation{Input: question{read: true}, Output: answer{target: target}, Call: call, Return: returned}
	}
	tests := []struct {
		name string
		ops  []porcupine.Operation
		want bool
	}{
		{"a move is read", []porcupine.Operation{move(none, a, yes, 0, 1), read(a, 2, 3)}, true},
		{"a stale read", []porcupine.Operation{move(none, a, yes, 0, 1), read(none, 2, 3)}, false},
		{"a read during the move", []porcupine.Operation{move(none, a, yes, 0, 5), read(none, 2, 3)}, true},
		{"both of two won", []porcupine.Operation{move(none, a, yes, 0, 5), move(none, b, yes, 0, 5)}, false},
		{"one of two won", []porcupine.Operation{move(none, a, yes, 0, 5), move(none, b, no, 0, 5)}, true},
		{"refused for no reason", []porcupine.Operation{move(none, b, no, 0, 5)}, false},
		{"unknown and done", []porcupine.Operation{move(none, a, perhaps, 0, 100), read(a, 2, 3)}, true},
		{"unknown and not done", []porcupine.Operation{move(none, a, perhaps, 0, 100), read(none, 2, 3)}, true},
		{"done and undone", []porcupine.Operation{move(none, a, perhaps, 0, 100), read(a, 2, 3), read(none, 4, 5)}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := porcupine.CheckOperations(register.ToModel(), tt.ops); got != tt.want {
				t.Fatalf("linearizable: %v, want %v", got, tt.want)
			}
		})
	}
}
