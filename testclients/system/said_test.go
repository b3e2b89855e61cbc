package system_test

import (
	"bytes"
	"sync"
)

// said keeps what a process says, for when the test fails.
type said struct {
	mu  sync.Mutex
	buf bytes.Buffer // guarded by mu
}

// mostSaid bounds it.
const mostSaid = 1 << 20

func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.buf.Len()+len(p) <= mostSaid {
		s.buf.Write(p)
	}
	return len(p), nil
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.String()
}
