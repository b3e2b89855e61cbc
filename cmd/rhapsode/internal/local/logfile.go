package local

import (
	"os"
	"sync"

	"rhapsode/internal/fault"
)

// logFile is a log of bounded size: when it is full it becomes the one before,
// which is forgotten then.
type logFile struct {
	path  string
	limit int64

	mu   sync.Mutex
	file *os.File // guarded by mu
	size int64    // guarded by mu
}

const logLimit = 32 << 20 // bytes

func openLog(path string, limit int64) (*logFile, error) {
	l := &logFile{path: path, limit: limit}
	return l, l.open()
}

// open begins or goes on with the file. The caller holds mu or is alone.
func (l *logFile) open() error {
	f, err := os.OpenFile(l.path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o640)
	if err != nil {
		return fault.New(fault.Unavailable, "open log", "", err)
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return fault.New(fault.Unavailable, "open log", "", err)
	}
	l.file, l.size = f, info.Size()
	return nil
}

func (l *logFile) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.size > 0 && l.size+int64(len(b)) > l.limit {
		if err := l.turn(); err != nil {
			return 0, err
		}
	}
	n, err := l.file.Write(b)
	l.size += int64(n)
	return n, err
}

func (l *logFile) turn() error {
	l.file.Close() // every Write has told of its own failure
	if err := os.Rename(l.path, l.path+".1"); err != nil {
		return fault.New(fault.Unavailable, "turn log", "", err)
	}
	return l.open()
}

// Close closes the file. Nothing writes any more.
func (l *logFile) Close() error { return l.file.Close() }
