package content

import (
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"strconv"

	"rhapsode/internal/fault"
)

// DigestSize is the length of a Digest in bytes.
const DigestSize = sha1.Size

// Digest is git's object id: the SHA-1 of an object's type, size and bytes.
// The zero Digest names nothing.
type Digest [DigestSize]byte

// ParseDigest reads forty hexadecimal digits, in either case.
func ParseDigest(s string) (Digest, error) {
	var d Digest
	if len(s) != 2*DigestSize {
		return Digest{}, fault.Newf(fault.Invalid, "digest", "%q is not 40 hexadecimal digits", clip(s))
	}
	if _, err := hex.Decode(d[:], []byte(s)); err != nil {
		return Digest{}, fault.Newf(fault.Invalid, "digest", "%q is not 40 hexadecimal digits", clip(s))
	}
	return d, nil
}

// DigestFromBytes takes the twenty raw bytes of a digest.
func DigestFromBytes(b []byte) (Digest, error) {
	if len(b) != DigestSize {
		return Digest{}, fault.Newf(fault.Invalid, "digest", "%d bytes, not %d", len(b), DigestSize)
	}
	return Digest(b), nil
}

func (d Digest) String() string { return hex.EncodeToString(d[:]) }

// IsZero says whether d names nothing.
func (d Digest) IsZero() bool { return d == Digest{} }

// MarshalText writes forty lower-case hexadecimal digits.
func (d Digest) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText is ParseDigest.
func (d *Digest) UnmarshalText(text []byte) (err error) {
	*d, err = ParseDigest(string(text))
	return err
}

// Kind is the type of a git object, with the number that packs give it.
type Kind uint8

// The four kinds of object.
const (
	KindCommit Kind = 1
	KindTree   Kind = 2
	KindBlob   Kind = 3
	KindTag    Kind = 4
)

func (k Kind) String() string {
	switch k {
	case KindCommit:
		return "commit"
	case KindTree:
		return "tree"
	case KindBlob:
		return "blob"
	case KindTag:
		return "tag"
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

// Object is one git object, whole. Data is shared, not copied: nobody who holds
// an Object writes to it.
type Object struct {
	Digest Digest
	Kind   Kind
	Data   []byte
}

// NewObject names data. It does not copy it.
func NewObject(k Kind, data []byte) Object {
	h := NewHasher(k, int64(len(data)))
	h.Write(data)
	return Object{Digest: h.Sum(), Kind: k, Data: data}
}

// Intact says whether o's bytes are the bytes that its digest names.
func (o Object) Intact() bool { return NewObject(o.Kind, o.Data).Digest == o.Digest }

// Hasher computes the digest of an object whose bytes arrive in pieces.
type Hasher struct {
	h       hash.Hash
	missing int64
}

var _ io.Writer = (*Hasher)(nil)

// NewHasher begins an object of kind k and size bytes.
func NewHasher(k Kind, size int64) *Hasher {
	h := sha1.New()
	h.Write(strconv.AppendInt([]byte(k.String()+" "), size, 10))
	h.Write([]byte{0})
	return &Hasher{h: h, missing: size}
}

// Write adds p. It never fails.
func (h *Hasher) Write(p []byte) (int, error) {
	h.missing -= int64(len(p))
	return h.h.Write(p)
}

// Missing returns how many of the promised bytes have not been written yet; it
// is negative if there were too many.
func (h *Hasher) Missing() int64 { return h.missing }

// Sum returns the digest of what was written. It names an object only if
// Missing is 0.
func (h *Hasher) Sum() Digest { return Digest(h.h.Sum(nil)) }

// clip shortens text that came from outside before it is quoted in an error.
func clip(s string) string {
	const most = 80
	if len(s) <= most {
		return s
	}
	return s[:most] + "…"
}
