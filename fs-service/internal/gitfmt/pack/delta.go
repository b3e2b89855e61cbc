package pack

import (
	"errors"
	"fmt"
	"math"
)

// deltaSizes reads the start of a delta: the size of its base, the size of its
// result, and the instructions that follow.
func deltaSizes(delta []byte) (base, result int64, rest []byte, err error) {
	if base, rest, err = deltaSize(delta); err == nil {
		result, rest, err = deltaSize(rest)
	}
	return base, result, rest, err
}

func deltaSize(b []byte) (int64, []byte, error) {
	var n uint64
	for i, c := range b {
		if i > 8 {
			break
		}
		n |= uint64(c&0x7f) << (7 * i)
		if c&0x80 == 0 && n <= math.MaxInt64 {
			return int64(n), b[i+1:], nil
		}
	}
	return 0, nil, errors.New("delta: its sizes are cut short or too large")
}

// applyDelta returns what delta makes of base; at most limit bytes.
func applyDelta(base, delta []byte, limit int64) ([]byte, error) {
	from, to, ops, err := deltaSizes(delta)
	switch {
	case err != nil:
		return nil, err
	case from != int64(len(base)):
		return nil, fmt.Errorf("delta: made for a base of %d bytes, not %d", from, len(base))
	case to > limit:
		return nil, overLimit("size: a delta with a result of %d bytes, more than %d", to, limit)
	}
	out := make([]byte, 0, to)
	for len(ops) > 0 {
		op := ops[0]
		ops = ops[1:]
		var piece []byte
		switch {
		case op&0x80 != 0:
			var off, n int
			if off, n, ops, err = copyOperands(op, ops); err != nil {
				return nil, err
			}
			if off > len(base) || n > len(base)-off {
				return nil, fmt.Errorf("delta: it copies %d bytes at %d of a base of %d", n, off, len(base))
			}
			piece = base[off : off+n]
		case op == 0:
			return nil, errors.New("delta: an instruction that does not exist")
		case int(op) > len(ops):
			return nil, errors.New("delta: it is cut short")
		default:
			piece, ops = ops[:op], ops[op:]
		}
		if len(piece) > cap(out)-len(out) {
			return nil, fmt.Errorf("delta: it makes more than %d bytes", to)
		}
		out = append(out, piece...)
	}
	if int64(len(out)) != to {
		return nil, fmt.Errorf("delta: it makes %d of %d bytes", len(out), to)
	}
	return out, nil
}

// copyOperands reads where and how much to copy: op says which bytes of the two
// numbers follow.
func copyOperands(op byte, ops []byte) (off, n int, rest []byte, err error) {
	for i := range 7 {
		if op&(1<<i) == 0 {
			continue
		}
		if len(ops) == 0 {
			return 0, 0, nil, errors.New("delta: it is cut short")
		}
		if i < 4 {
			off |= int(ops[0]) << (8 * i)
		} else {
			n |= int(ops[0]) << (8 * (i - 4))
		}
		ops = ops[1:]
	}
	if n == 0 {
		n = 0x10000
	}
	return off, n, ops, nil
}
