package bundle

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"rhapsode/content"
	"rhapsode/fs-service/internal/gitfmt"
	"rhapsode/internal/fault"
)

// fromFolder makes one commit of the files in dir, as they are. Links are not
// followed, and only files are taken: the rest is skipped and said.
func fromFolder(ctx context.Context, dir string, o Options) (*File, error) {
	root, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return nil, fault.New(fault.Invalid, "import", "", err)
	}
	f := folder{root: root, draft: newDraft(), options: o}
	err = filepath.WalkDir(root, func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return fault.New(fault.Invalid, "import", "", err)
		}
		return f.visit(ctx, name, e)
	})
	if err != nil {
		return nil, err
	}
	if len(f.edits) == 0 {
		return nil, fault.Newf(fault.Invalid, "import", "%s holds no files", dir)
	}
	message := cmp.Or(o.Message, fmt.Sprintf("Import %d files\n", len(f.edits)))
	if err := f.draft.commit(ctx, f.edits, f.author(), message); err != nil {
		return nil, err
	}
	made, err := f.draft.file(ctx, o)
	if err != nil {
		return nil, err
	}
	made.Skipped = f.skipped
	return made, nil
}

// folder is a folder of which a commit is being made.
type folder struct {
	root    string
	options Options
	draft   *draft
	edits   []gitfmt.Edit
	newest  time.Time
	skipped []string
}

// visit takes in one name below the root.
func (f *folder) visit(ctx context.Context, name string, e fs.DirEntry) error {
	relative, err := filepath.Rel(f.root, name)
	if err != nil || relative == "." {
		return err
	}
	relative = filepath.ToSlash(relative)
	switch {
	case e.Name() == ".git":
		f.skip(relative, "it belongs to git")
		if e.IsDir() {
			return fs.SkipDir
		}
		return nil
	case e.IsDir():
		return ctx.Err()
	case !e.Type().IsRegular():
		f.skip(relative, "it is a link or a device, not a file")
		return nil
	}
	p, err := content.ParsePath(relative)
	if err != nil {
		return err
	}
	edit, err := f.take(ctx, name)
	if err != nil {
		return err
	}
	edit.Path = p
	f.edits = append(f.edits, edit)
	f.options.progress(Walking, int64(len(f.edits)), 0)
	return nil
}

func (f *folder) skip(name, why string) {
	if len(f.skipped) < MaxSkipped {
		f.skipped = append(f.skipped, name+": "+why)
	}
}

// take finds the digest of a file. Its bytes are read again when the pack is
// written, and checked then.
func (f *folder) take(ctx context.Context, name string) (gitfmt.Edit, error) {
	in, err := os.Open(name)
	if err != nil {
		return gitfmt.Edit{}, fault.New(fault.Invalid, "import", "", err)
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return gitfmt.Edit{}, fault.New(fault.Invalid, "import", "", err)
	}
	if info.ModTime().After(f.newest) {
		f.newest = info.ModTime()
	}
	blob := content.NewHasher(content.KindBlob, info.Size())
	if _, err := io.Copy(blob, interruptible{ctx, in}); err != nil {
		if ctx.Err() != nil {
			return gitfmt.Edit{}, ctx.Err()
		}
		return gitfmt.Edit{}, fault.New(fault.Invalid, "import", name, err)
	}
	if blob.Missing() != 0 {
		return gitfmt.Edit{}, fault.Newf(fault.Conflict, "import", "%s changed while it was read", name)
	}
	mode := content.ModeRegular
	if info.Mode()&0o111 != 0 {
		mode = content.ModeExec
	}
	f.draft.addFile(blob.Sum(), name)
	return gitfmt.Edit{Mode: mode, Digest: blob.Sum()}, nil
}

// author signs the commit: with the time of the newest file unless told otherwise,
// so that the same folder is the same commit whenever it is imported.
func (f *folder) author() content.Signature {
	who := f.options.Author
	if who.Name == "" {
		who.Name, who.Email = "rhapsode import", "import@rhapsode.invalid"
	}
	switch {
	case !who.When.IsZero():
	case f.options.Now != nil:
		who.When = f.options.Now()
	default:
		who.When = f.newest.UTC()
	}
	return who
}

// interruptible reads until ctx ends.
type interruptible struct {
	ctx context.Context
	io.Reader
}

func (r interruptible) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.Reader.Read(p)
}
