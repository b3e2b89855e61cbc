package replica

import (
	"os"
	"syscall"
)

// steady has the system begin to write to the disk what a large file is given, without waiting for it:
// so that the sync at the end, which says what went wrong, is short and holds up no other.
type steady struct {
	file     *os.File
	at, told int64 // bytes
}

func (s *steady) Write(b []byte) (int, error) {
	const atOnce = 1 << 20
	n, err := s.file.Write(b)
	if s.at += int64(n); s.at-s.told >= atOnce {
		const begin = 2 // SYNC_FILE_RANGE_WRITE
		syscall.SyncFileRange(int(s.file.Fd()), s.told, s.at-s.told, begin)
		s.told = s.at
	}
	return n, err
}
