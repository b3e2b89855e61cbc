package pack

import "encoding/binary"

// block is how many bytes of a base are looked up at once: a shorter likeness is
// not found.
const block = 16

// likely is how many places with one sum are tried, so that a base of which every
// block is the same costs no more than another.
const likely = 32

// differ finds what other bytes share with a base.
type differ struct {
	base  []byte
	heads []int32 // by sum: the first block with it, counted from 1; 0: none
	nexts []int32 // by block: the next one with the same sum
	shift uint
}

// newDiffer reads base, which nobody changes from now on. It takes about half of base's size.
func newDiffer(base []byte) *differ {
	blocks := len(base) / block
	bits := uint(4)
	for 1<<bits < blocks {
		bits++
	}
	x := &differ{base: base, heads: make([]int32, 1<<bits), nexts: make([]int32, blocks), shift: 32 - bits}
	for i := blocks - 1; i >= 0; i-- { // of a run of equal blocks, the first leads furthest
		at := &x.heads[x.slot(sum(base[i*block:]))]
		x.nexts[i] = *at
		*at = int32(i + 1)
	}
	return x
}

// prime is the base of the rolling sum, lead what a block's first byte weighs: prime to
// the power of block-1, as 32 bits.
const (
	prime  = 0x01000193
	word   = 1 << 32
	prime2 = prime * prime % word
	prime4 = prime2 * prime2 % word
	prime8 = prime4 * prime4 % word
	lead   = prime8 * prime4 % word * prime2 % word * prime % word
)

// sum returns the rolling sum of the first block of b.
func sum(b []byte) (s uint32) {
	for _, c := range b[:block] {
		s = s*prime + uint32(c)
	}
	return s
}

// slot spreads a sum over the heads.
func (x *differ) slot(s uint32) uint32 { return s * 0x9E3779B1 >> x.shift }

// delta returns what makes target of the base, or nil if that takes more than most bytes.
func (x *differ) delta(target []byte, most int) []byte {
	out := binary.AppendUvarint(nil, uint64(len(x.base)))
	out = binary.AppendUvarint(out, uint64(len(target)))
	fresh, at := 0, 0 // target[fresh:at] is not in the base, as far as it was looked for
	var s uint32
	if len(target) >= block {
		s = sum(target)
	}
	for at+block <= len(target) {
		from, n := x.longest(target[at:], s)
		if n == 0 {
			if at+block < len(target) {
				s = (s-uint32(target[at])*lead)*prime + uint32(target[at+block])
			}
			at++
			if len(out)+at-fresh > most {
				return nil
			}
			continue
		}
		for from > 0 && at > fresh && x.base[from-1] == target[at-1] {
			from, at, n = from-1, at-1, n+1
		}
		out = appendCopy(appendLiteral(out, target[fresh:at]), from, n)
		if len(out) > most {
			return nil
		}
		at += n
		fresh = at
		if at+block <= len(target) {
			s = sum(target[at:])
		}
	}
	if out = appendLiteral(out, target[fresh:]); len(out) > most {
		return nil
	}
	return out
}

// longest returns where the base has most of the beginning of b, whose first block sums to s.
func (x *differ) longest(b []byte, s uint32) (from, n int) {
	const enough = 4096
	next := x.heads[x.slot(s)]
	for tries := 0; next > 0 && tries < likely && n < enough; tries++ {
		at := int(next-1) * block
		if same := common(x.base[at:], b); same > n && same >= block {
			from, n = at, same
		}
		next = x.nexts[next-1]
	}
	return from, n
}

// common returns how many bytes a and b have in common at their beginning.
func common(a, b []byte) int {
	n, most := 0, min(len(a), len(b))
	for n+8 <= most && binary.LittleEndian.Uint64(a[n:]) == binary.LittleEndian.Uint64(b[n:]) {
		n += 8
	}
	for n < most && a[n] == b[n] {
		n++
	}
	return n
}

// appendLiteral appends instructions that give b.
func appendLiteral(dst, b []byte) []byte {
	for len(b) > 0 {
		n := min(len(b), 127)
		dst = append(append(dst, byte(n)), b[:n]...)
		b = b[n:]
	}
	return dst
}

// appendCopy appends instructions that give n bytes of the base from the offset from on.
func appendCopy(dst []byte, from, n int) []byte {
	const most = 0x10000 // what every reader of version 2 takes
	for n > 0 {
		size := min(n, most)
		op := len(dst)
		dst = append(dst, 0x80)
		for i := range 4 {
			if b := byte(from >> (8 * i)); b != 0 {
				dst[op] |= 1 << i
				dst = append(dst, b)
			}
		}
		for i := range 2 {
			if b := byte(size >> (8 * i)); b != 0 && size != most { // a size of zero means most
				dst[op] |= 0x10 << i
				dst = append(dst, b)
			}
		}
		from, n = from+size, n-size
	}
	return dst
}
