package flow

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"errors"
	"hash"
	"io"
	"net/http"

	"github.com/dunglas/httpsfv"
)

// The fields of RFC 9530.
const (
	contentDigest     = "Content-Digest"
	reprDigest        = "Repr-Digest"
	wantContentDigest = "Want-Content-Digest"
	wantReprDigest    = "Want-Repr-Digest"
)

// maxDigested is the size in bytes of the largest representation that is read
// twice because somebody wants its digest. A wish is no claim (RFC 9530, 4).
const maxDigested = 16 << 20

// algorithms are those that are neither unknown nor broken.
var algorithms = map[string]func() hash.Hash{"sha-256": sha256.New, "sha-512": sha512.New}

var (
	errDigest      = errors.New("it is a list of algorithm=:base64:, and a digest has its algorithm's length")
	errWanted      = errors.New("it is a list of algorithm=preference, from 0 to 10")
	errOtherDigest = errors.New("the content that came is not the content of the digest that was sent")
)

// claim is a digest that content is said to have.
type claim struct {
	hash hash.Hash
	want []byte
}

func (c claim) holds() bool { return bytes.Equal(c.hash.Sum(nil), c.want) }

// ParseDigest reads all lines of a Content-Digest or Repr-Digest field: digests by
// their algorithms, of which unknown ones are left out.
func ParseDigest(lines []string) (map[string][]byte, error) {
	if len(lines) == 0 {
		return nil, nil
	}
	dictionary, err := httpsfv.UnmarshalDictionary(lines)
	if err != nil {
		return nil, errDigest
	}
	digests := map[string][]byte{}
	for _, name := range dictionary.Names() {
		newHash, known := algorithms[name]
		if !known {
			continue
		}
		member, _ := dictionary.Get(name)
		item, _ := member.(httpsfv.Item)
		digest, ok := item.Value.([]byte)
		if !ok || len(digest) != newHash().Size() {
			return nil, errDigest
		}
		digests[name] = digest
	}
	return digests, nil
}

// parseWanted reads all lines of a Want-Content-Digest or Want-Repr-Digest field
// and returns the algorithm that is wanted most, or "".
func parseWanted(lines []string) (algorithm string, err error) {
	if len(lines) == 0 {
		return "", nil
	}
	dictionary, err := httpsfv.UnmarshalDictionary(lines)
	if err != nil {
		return "", errWanted
	}
	most := int64(0)
	for _, name := range dictionary.Names() {
		member, _ := dictionary.Get(name)
		item, _ := member.(httpsfv.Item)
		preference, ok := item.Value.(int64)
		if !ok || preference < 0 || preference > 10 {
			return "", errWanted
		}
		if _, known := algorithms[name]; known && preference > most {
			algorithm, most = name, preference
		}
	}
	return algorithm, nil
}

// claims has the reader of a change's content compare it to its digests. What is
// sent is never coded, so both fields speak of the same bytes.
func (x *Exchange) claims() error {
	if x.method&changes == 0 {
		return nil
	}
	for _, field := range [...]string{contentDigest, reprDigest} {
		digests, err := ParseDigest(x.Request.Header[field])
		if err != nil {
			return &FieldError{field, err}
		}
		for algorithm, want := range digests {
			x.content.claims = append(x.content.claims, claim{algorithms[algorithm](), want})
		}
	}
	if x.content.body == nil && !x.content.trusted() {
		return errOtherDigest // nothing came, and nobody will read it
	}
	return nil
}

// digests sets the digests that are wanted of what is sent: of the whole
// representation as it is coded, and of the part of it that is the content.
func (x *Exchange) digests(h http.Header) error {
	if x.sent.Undivided {
		return nil
	}
	ofContent, _ := parseWanted(x.Request.Header[wantContentDigest])
	ofWhole, _ := parseWanted(x.Request.Header[wantReprDigest])
	if ofWhole != "" && x.sent.Size <= maxDigested {
		if err := x.digest(h, reprDigest, ofWhole, Span{0, x.sent.Size}); err != nil {
			return err
		}
	}
	if ofContent != "" && len(x.spans) == 1 && x.spans[0].Length <= maxDigested {
		return x.digest(h, contentDigest, ofContent, x.spans[0])
	}
	return nil
}

// digestParts finds out the digests that are wanted of each of several parts: a
// part is content of its own, and its digest stands among its own fields.
func (x *Exchange) digestParts() error {
	algorithm, _ := parseWanted(x.Request.Header[wantContentDigest])
	var total int64
	for _, span := range x.spans {
		total += span.Length
	}
	if algorithm == "" || total > maxDigested {
		return nil
	}
	for _, span := range x.spans {
		h := http.Header{}
		if err := x.digest(h, contentDigest, algorithm, span); err != nil {
			return err
		}
		x.partDigests = append(x.partDigests, h.Get(contentDigest))
	}
	return nil
}

// digest sets field to the digest of a part of what is sent.
func (x *Exchange) digest(h http.Header, field, algorithm string, span Span) error {
	sum := algorithms[algorithm]()
	if x.sent.Bytes != nil {
		sum.Write(x.sent.Bytes[span.Start:span.end()])
	} else if span.Length > 0 {
		r, err := x.sent.Parts.Open(x.Context(), span.Start, span.Length)
		if err != nil {
			return err
		}
		defer r.Close()
		if _, err := io.CopyN(sum, r, span.Length); err != nil {
			return err
		}
	}
	dictionary := httpsfv.NewDictionary()
	dictionary.Add(algorithm, httpsfv.NewItem(sum.Sum(nil)))
	value, err := httpsfv.Marshal(dictionary)
	h.Set(field, value)
	return err
}
