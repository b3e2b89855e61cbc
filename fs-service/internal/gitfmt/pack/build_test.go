package pack_test

import (
	"bytes"
	"crypto/sha1"
	"encoding/binary"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"rhapsode/content"
	"rhapsode/fs-service/internal/gitfmt/pack"
)

// builder writes packs, good and bad ones.
type builder struct {
	bytes.Buffer
	codec pack.Codec
	at    []int // where each entry begins
}

func newBuilder(count uint32) *builder {
	b := &builder{}
	b.WriteString("PACK\x00\x00\x00\x02")
	b.Write(binary.BigEndian.AppendUint32(nil, count))
	return b
}

// whole adds an object that is no delta.
func (b *builder) whole(k content.Kind, data []byte) content.Object {
	o := content.NewObject(k, data)
	b.at = append(b.at, b.Len())
	b.Write(b.codec.AppendEntry(nil, o))
	return o
}

// raw adds an entry of the number kind: what stands between header and data is
// up to the caller.
func (b *builder) raw(kind byte, between, data []byte) {
	b.at = append(b.at, b.Len())
	entry := b.codec.AppendEntry(nil, content.Object{Kind: content.Kind(kind), Data: data})
	head := 1
	for entry[head-1]&0x80 != 0 {
		head++
	}
	b.Write(entry[:head])
	b.Write(between)
	b.Write(entry[head:])
}

// onOffset adds a delta against the entry n before.
func (b *builder) onOffset(n int, delta []byte) {
	distance := b.Len() - b.at[n]
	spelt := []byte{byte(distance & 0x7f)}
	for distance >>= 7; distance > 0; distance >>= 7 {
		distance--
		spelt = append([]byte{0x80 | byte(distance&0x7f)}, spelt...)
	}
	b.raw(6, spelt, delta)
}

// onDigest adds a delta against d.
func (b *builder) onDigest(d content.Digest, delta []byte) { b.raw(7, d[:], delta) }

// end adds the trailer.
func (b *builder) end() []byte {
	sum := sha1.Sum(b.Bytes())
	return append(b.Bytes(), sum[:]...)
}

// appending is the delta that makes base + tail of base. len(base) < 64 KiB, len(tail) < 128.
func appending(base, tail []byte) []byte {
	d := binary.AppendUvarint(nil, uint64(len(base)))
	d = binary.AppendUvarint(d, uint64(len(base)+len(tail)))
	d = append(d, 0x80|0x10|0x20, byte(len(base)), byte(len(base)>>8))
	return append(append(d, byte(len(tail))), tail...)
}

// noise returns n bytes that do not compress.
func noise(seed uint64, n int) []byte {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8), 1}).Read(b)
	return b
}

// git runs git and returns what it said. Tests of which it is the second opinion
// are left out where it is missing.
func git(t testing.TB, dir string, stdin []byte, args ...string) []byte {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("left out: git is missing, and it is the second opinion here")
	}
	cmd := exec.Command("git", args...)
	cmd.Dir, cmd.Stdin = dir, bytes.NewReader(stdin)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("git %v: %v", args, err)
	}
	return out
}

// gitPack returns a pack with long chains of deltas that git made, their bases
// named by "offset" or by "digest", its index as git wrote it, and the repository.
func gitPack(t testing.TB, basesBy string) (packed, idx []byte, repo string) {
	t.Helper()
	repo = t.TempDir()
	git(t, repo, nil, "init", "-q", "--bare")
	var in bytes.Buffer
	text := noise(3, 6000)
	for i := range 120 {
		for j := range text {
			text[j] = text[j]%64 + 32
		}
		text[i*37%len(text)]++
		text = append(text, byte('a'+i%26))
		in.WriteString("commit refs/heads/main\ncommitter a <a@example.invalid> ")
		in.WriteString(itoa(1_700_000_000+i) + " +0000\ndata 1\nm\n")
		in.WriteString("M 100644 inline d/f\ndata " + itoa(len(text)) + "\n")
		in.Write(text)
		in.WriteString("\nM 100644 inline g" + itoa(i) + "\ndata 3\n")
		in.WriteString(itoa(i%10) + "\n\n\n")
	}
	git(t, repo, in.Bytes(), "fast-import", "--quiet")
	git(t, repo, nil, "-c", "repack.useDeltaBaseOffset="+strconv.FormatBool(basesBy == "offset"), "repack", "-adfq", "--depth=60")
	files, _ := filepath.Glob(filepath.Join(repo, "objects/pack/*.pack"))
	if len(files) != 1 {
		t.Fatalf("%d packs, want 1", len(files))
	}
	packed = read(t, files[0])
	return packed, read(t, files[0][:len(files[0])-4]+"idx"), repo
}
