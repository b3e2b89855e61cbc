// Package bundle makes a git bundle out of whatever holds a history: a bundle,
// a git repository, a plain folder, or commits in memory. It is the client's side of an import.
//
// A bundle that was made is a temporary file, which Close removes. The same
// source gives the same bytes again, so that an upload which was interrupted can
// go on after everything here was lost. Nothing is changed on the way:
// digests are those of the source. Nothing here outlives the call that began it.
package bundle

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"os"
	"time"

	"rhapsode/content"
	"rhapsode/fs-service/internal/gitfmt"
	"rhapsode/internal/fault"
)

// Options say what a source leaves open. The zero Options are good.
type Options struct {
	Author   content.Signature                     // of a folder's commit; zero: "rhapsode import"
	Message  string                                // of a folder's commit; "": says what it is
	Branch   string                                // for what has no branches; "": main
	TempDir  string                                // "": the system's
	Progress func(phase string, done, total int64) // may be nil; total is 0 while unknown
	Now      func() time.Time                      // dates a folder's commit; nil: its newest file does
	PureGo   bool                                  // do without the git program even where there is one
}

// The phases that Progress is told of.
const (
	Walking = "walking" // objects or files found
	Packing = "packing" // objects written
	Hashing = "hashing" // bytes of the bundle read
)

func (o Options) progress(phase string, done, total int64) {
	if o.Progress != nil {
		o.Progress(phase, done, total)
	}
}

// File is a bundle on disk.
type File struct {
	Path    string
	Size    int64
	SHA256  [sha256.Size]byte
	Default content.RefName // the branch that HEAD stands for; zero if there is none
	Skipped []string        // what a folder held and the bundle does not, and why; at most MaxSkipped
	Header

	temporary bool
}

// MaxSkipped is how many names File.Skipped holds at the most.
const MaxSkipped = 1000

// From makes a File of source: a bundle as it is, a git repository (bare, or with
// a work tree), or a folder. Of a repository it takes refs/heads, refs/tags,
// refs/notes and refs/meta; what others left in it (remotes, pull requests, the
// stash) is not part of the work.
//
// Invalid: there is nothing of the kind at source, or no ref or file in it; it is a broken
// bundle; it is shallow, or objects are missing.
func From(ctx context.Context, source string, o Options) (*File, error) {
	info, err := os.Stat(source)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fault.Newf(fault.Invalid, "import", "%s does not exist", source)
	case err != nil:
		return nil, fault.New(fault.Internal, "import", "", err)
	case info.Mode().IsRegular():
		return open(ctx, source, o)
	case !info.IsDir():
		return nil, fault.Newf(fault.Invalid, "import", "%s is neither a file nor a folder", source)
	}
	repo, err := gitfmt.OpenRepository(source)
	switch {
	case err == nil:
		defer repo.Close()
		return fromRepository(ctx, source, repo, o)
	case fault.Is(err, fault.NotFound):
		return fromFolder(ctx, source, o)
	}
	return nil, err
}

// Close removes the file if it was made for the import.
func (f *File) Close() error {
	if !f.temporary {
		return nil
	}
	return os.Remove(f.Path)
}

// open reads the bundle at path.
func open(ctx context.Context, path string, o Options) (*File, error) {
	in, err := os.Open(path)
	if err != nil {
		return nil, fault.New(fault.Invalid, "open bundle", "", err)
	}
	defer in.Close()
	header, err := ParseHeader(in)
	if err != nil {
		return nil, fault.New(fault.Of(err), "open", path, err)
	}
	if _, err := in.Seek(0, io.SeekStart); err != nil {
		return nil, fault.New(fault.Internal, "open bundle", "", err)
	}
	info, err := in.Stat()
	if err != nil {
		return nil, fault.New(fault.Internal, "open bundle", "", err)
	}
	f := &File{Path: path, Header: header, Default: header.defaultBranch()}
	sum := sha256.New()
	buf := make([]byte, 1<<20)
	for {
		n, err := in.Read(buf)
		sum.Write(buf[:n])
		f.Size += int64(n)
		o.progress(Hashing, f.Size, info.Size())
		switch {
		case err == io.EOF:
			f.SHA256 = [sha256.Size]byte(sum.Sum(nil))
			return f, nil
		case err != nil:
			return nil, fault.New(fault.Internal, "read bundle", "", err)
		case ctx.Err() != nil:
			return nil, ctx.Err()
		}
	}
}

// temporary makes a bundle with write and opens it.
func temporary(ctx context.Context, o Options, write func(*os.File) error) (*File, error) {
	out, err := os.CreateTemp(o.TempDir, "import-*.bundle")
	if err != nil {
		return nil, fault.New(fault.Internal, "make bundle", "", err)
	}
	err = write(out)
	if e := out.Close(); err == nil && e != nil {
		err = fault.New(fault.Internal, "make bundle", "", e)
	}
	var f *File
	if err == nil {
		f, err = open(ctx, out.Name(), o)
	}
	if err != nil {
		return nil, errors.Join(err, os.Remove(out.Name()))
	}
	f.temporary = true
	return f, nil
}
