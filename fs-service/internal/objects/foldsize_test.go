package objects

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"rhapsode/content"
	"rhapsode/fs-service/internal/gitfmt/pack"
)

// history is what git makes of so many commits, each of which changes a line in one of a
// hundred files: every object of it, and how many bytes git leaves on the disk when it packs them anew.
func history(t testing.TB, commits int) (objs []content.Object, packed int64) {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("left out: git is missing, and it is the second opinion here")
	}
	dir := t.TempDir()
	git := func(stdin []byte, args ...string) {
		cmd := exec.Command("git", args...)
		cmd.Dir, cmd.Stdin = dir, bytes.NewReader(stdin)
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v: %s", args, err, out)
		}
	}
	git(nil, "init", "-q", "--bare")
	dice := rand.New(rand.NewPCG(5, 5))
	files := make([][]string, 100)
	var in bytes.Buffer
	for i := range commits {
		n := dice.IntN(len(files))
		if files[n] == nil {
			for range 120 {
				files[n] = append(files[n], fmt.Sprintf("<para id=\"%x\">%x %x</para>", dice.Uint32(), dice.Uint64(), dice.Uint64()))
			}
		}
		files[n][dice.IntN(len(files[n]))] = fmt.Sprintf("<para>%x in the commit %d</para>", dice.Uint64(), i)
		fmt.Fprintf(&in, "commit refs/heads/main\ncommitter a <a@example.invalid> %d +0000\ndata 7\nchange\n\n", 1_700_000_000+60*i)
		var text bytes.Buffer
		for _, line := range files[n] {
			fmt.Fprintln(&text, line)
		}
		fmt.Fprintf(&in, "M 100644 inline part%d/m%d.cnxml\ndata %d\n%s\n", n%7, n, text.Len(), text.Bytes())
	}
	git(in.Bytes(), "fast-import", "--quiet")
	git(nil, "repack", "-adfq")
	names, _ := filepath.Glob(filepath.Join(dir, "objects/pack/*.pack"))
	if len(names) != 1 {
		t.Fatalf("%d packs", len(names))
	}
	idx := names[0][:len(names[0])-len("pack")] + "idx"
	packed = sizeOf(t, names[0]) + sizeOf(t, idx)
	p := openPackFile(t, names[0], idx)
	err := p.Each(func(d content.Digest) error {
		o, err := p.Get(t.Context(), d)
		objs = append(objs, o)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return objs, packed
}

func openPackFile(t testing.TB, name, idx string) *pack.Pack {
	t.Helper()
	var files [2]*os.File
	for i, n := range []string{name, idx} {
		f, err := os.Open(n)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		files[i] = f
	}
	p, err := pack.Open(files[0], sizeOf(t, name), files[1], sizeOf(t, idx), pack.OpenOptions{Cache: pack.NewCache(32 << 20)})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func sizeOf(t testing.TB, name string) int64 {
	t.Helper()
	info, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

// sizeUnder is what all files under dir hold. Pebble removes some meanwhile.
func sizeUnder(t testing.TB, dir string) (n int64) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return ignoreGone(err)
		}
		info, err := e.Info()
		if err == nil {
			n += info.Size()
		}
		return ignoreGone(err)
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func ignoreGone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// What is left on the disk is near what git leaves that packs anew what of the same history, and writes go on
// meanwhile.
func TestFoldedStoreIsNearGitsSize(t *testing.T) { foldHistory(t, 500, nil) }

// BenchmarkFold is the same with a longer history, at full speed and at that of a node whose store
// is used; -v shows what it measured.
func BenchmarkFold(b *testing.B) {
	for name, pace := range map[string]pack.Pace{"full": nil, "quarter": quarter()} {
		b.Run(name, func(b *testing.B) {
			for range b.N {
				foldHistory(b, 5000, pace)
			}
		})
	}
}

// quarter rests three times as long as it worked.
func quarter() pack.Pace {
	const slice = 5 * time.Millisecond
	began := time.Now()
	return func(context.Context) {
		if time.Since(began) >= slice {
			time.Sleep(3 * slice)
			began = time.Now()
		}
	}
}

func foldHistory(t testing.TB, commits int, pace pack.Pace) {
	t.Helper()
	objs, packed := history(t, commits)
	dir, pool := t.TempDir(), content.Pool{1}
	s := openTest(t, Options{Dir: dir, FS: vfs.Default})
	for some := range slices.Chunk(objs, 50) {
		put(t, s, pool, some...)
	}
	before := sizeUnder(t, dir)
	still, halt := context.WithTimeout(t.Context(), time.Second)
	defer halt()
	calm := writes(still, s, content.Pool{3})
	slices.Sort(calm)
	writing, stop := context.WithCancel(t.Context())
	pauses := make(chan []time.Duration)
	go func() { pauses <- writes(writing, s, content.Pool{2}) }()
	began := time.Now()
	folded := mustFold(t, s, pool, FoldOptions{All: true, Pace: pace})
	took := time.Since(began)
	stop()
	all := <-pauses
	if len(calm) == 0 || len(all) == 0 {
		t.Fatal("nothing was written")
	}
	slices.Sort(all)
	after := sizeUnder(t, filepath.Join(dir, "packs"))
	t.Logf("%d objects: %d bytes, folded in %v to packs of %d, %.2f times git's %d; %d elsewhere", len(objs), before, took, after, float64(after)/float64(packed), packed, sizeUnder(t, dir)-after)
	t.Logf("%d writes before: median %v, longest %v; %d meanwhile: median %v, longest %v",
		len(calm), calm[len(calm)/2], calm[len(calm)-1], len(all), all[len(all)/2], all[len(all)-1])
	if folded.Pack.Objects != int64(len(objs)) || float64(after) > 1.3*float64(packed) {
		t.Errorf("%d objects of %d in %d bytes, more than 1.3 times %d", folded.Pack.Objects, len(objs), after, packed)
	}
	if loads, err := s.Loads(t.Context()); err != nil || loads[pool] != (Load{Packs: 1}) {
		t.Errorf("left to fold: %+v, %v", loads[pool], err)
	}
}

// writes puts one object after the other until ctx ends, and returns how long each took.
func writes(ctx context.Context, s *Store, pool content.Pool) (took []time.Duration) {
	for i := 0; ctx.Err() == nil; i++ {
		began := time.Now()
		if err := s.Put(context.WithoutCancel(ctx), pool, []content.Object{blob(noise(i, 2000))}, nil); err != nil {
			return append(took, time.Hour) // no write took that long: seen as the longest
		}
		took = append(took, time.Since(began))
	}
	return took
}
