package annals

import (
	"bytes"
	"io"
	"log/slog"
	"os"
	"sync"
	"time"

	"rhapsode/fs-service/internal/gitfmt"
)

// magic begins each file. Another one begins anew: raise it with the format.
const magic = "annals 2\n"

// annal is a pool's past and the file in which it is kept.
type annal struct {
	name string
	log  *slog.Logger
	past *gitfmt.Past
	used uint64 // guarded by Annals.mu

	loading sync.Once

	mu     sync.Mutex
	file   *os.File // guarded by mu; nil: nothing is kept any more
	closed bool     // guarded by mu
}

func newAnnal(name string, log *slog.Logger) *annal { return &annal{name: name, log: log} }

// load reads the file, once, and cuts it off behind what is good in it. Without a
// file the past begins with nothing, and ends with the process.
func (n *annal) load(clock func() time.Time) {
	n.loading.Do(func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		if n.closed {
			return
		}
		file, err := os.OpenFile(n.name, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
		if err == nil {
			if err = n.recall(file); err == nil {
				n.file = file
				now := clock()
				err = os.Chtimes(n.name, now, now)
			} else {
				file.Close()
			}
		}
		if err != nil {
			n.log.Warn("annals are not kept", "file", n.name, "error", err)
		}
	})
}

func (n *annal) recall(file *os.File) error {
	text, err := io.ReadAll(file)
	if err != nil {
		return err
	}
	records, ok := bytes.CutPrefix(text, []byte(magic))
	if !ok {
		if err := file.Truncate(0); err != nil {
			return err
		}
		_, err := file.WriteString(magic)
		return err
	}
	taken := n.past.Recall(records)
	if taken < len(records) {
		n.log.Info("annals are cut off where they are broken", "file", n.name, "good", taken, "bytes", len(records))
		return file.Truncate(int64(len(magic) + taken))
	}
	return nil
}

// keep appends what was learned. After a failure nothing is appended any more, for
// what comes would not follow from what is there.
func (n *annal) keep(records []byte) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.file == nil || len(records) == 0 {
		return
	}
	if _, err := n.file.Write(records); err != nil {
		n.log.Warn("annals are not kept", "file", n.name, "error", err)
		n.file.Close()
		n.file = nil
	}
}

// close ends the file. Who still holds the past may go on with it: what it learns
// is not kept, since another may be reading the file by now.
func (n *annal) close() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.closed = true
	if n.file != nil {
		n.file.Close()
		n.file = nil
	}
}
