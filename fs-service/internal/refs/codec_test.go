package refs

import (
	"bytes"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rhapsode/content"
	"rhapsode/internal/fault"
)

func TestRecordComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		raw := rapid.SliceOfN(rapid.Byte(), doneSize, doneSize)
		r := Record{Target: content.Digest(raw.Draw(t, "target")), Revision: 7}
		for range rapid.IntRange(0, MaxDone).Draw(t, "requests") {
			b := raw.Draw(t, "request")
			r.Done = append(r.Done, Done{content.RequestID(b), content.Digest(b[16:])})
		}
		got, err := decodeRecord(encodeRecord(r), 7)
		if err != nil || !reflect.DeepEqual(got, r) {
			t.Fatalf("%+v, %v; want %+v", got, err, r)
		}
	})
}

func FuzzDecodeRecord(f *testing.F) {
	f.Add(encodeRecord(Record{}))
	f.Add(encodeRecord(Record{Target: content.Digest{1}, Done: make([]Done, MaxDone)}))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := decodeRecord(b, 1)
		if err != nil && !fault.Is(err, fault.Corrupt) {
			t.Fatalf("%v, want corrupt", err)
		}
		if err == nil && !bytes.Equal(encodeRecord(r), b) {
			t.Fatalf("%x became %+v", b, r)
		}
	})
}

func TestRepoComesBack(t *testing.T) {
	want := testRepo(t)
	want.Description, want.Revision, want.Request = "a “book”", 9, content.NewRequestID()
	want.Created, want.Deleted = time.Unix(1, 2).UTC(), time.Unix(3, 4).UTC()
	want.Former = []Key{NewKey(), NewKey()}
	b, err := encodeRepo(want)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := decodeRepo("book", b, 9); err != nil || !reflect.DeepEqual(got, want) {
		t.Fatalf("%+v, %v; want %+v", got, err, want)
	}
}

// A record that can't be understood stops the view; a kind of record that is not
// known does not.
func TestStateRefusesWhatItCantRead(t *testing.T) {
	key := NewKey().String()
	good := encodeRecord(Record{Target: content.Digest{1}})
	tests := []struct {
		name, key string
		value     []byte
		want      bool
	}{
		{"a ref", "ref/" + key + "/refs/heads/main", good, true},
		{"a deleted ref that never was", "ref/" + key + "/refs/heads/no", nil, true},
		{"a short record", "ref/" + key + "/refs/heads/main", good[1:], false},
		{"no ref name", "ref/" + key + "/main", good, false},
		{"no key", "ref/key/refs/heads/main", good, false},
		{"a tombstone", "gone/" + key + "/refs/heads/main", good, true},
		{"a short tombstone", "gone/" + key + "/refs/heads/main", good[1:], false},
		{"no repository", "repo/book", []byte("{"), false},
		{"no repository name", "repo/BOOK", []byte("{}"), false},
		{"no shard", "place/100", []byte("{}"), false},
		{"no placement", "place/ff", []byte("["), false},
		{"no node", "node/a", []byte("1"), false},
		{"from the future", "lock/a", []byte("?"), true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, _, err := newState().apply(entry{key: tt.key, value: tt.value, revision: 1})
			if (err == nil) != tt.want || err != nil && !fault.Is(err, fault.Corrupt) {
				t.Fatalf("%v, want it understood: %v", err, tt.want)
			}
		})
	}
}
