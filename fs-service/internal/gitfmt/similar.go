package gitfmt

import (
	"bytes"
	"cmp"
	"context"
	"slices"

	"rhapsode/content"
	"rhapsode/internal/fault"
)

// search looks in a tree for what a document that is new came from, as git does
// (diffcore-rename.c, for --follow): first what is the same, then what is most
// similar, and at least by half; what is gone is preferred to what is still there.
//
// Its limits are those of git, and these: of a tree of more than maxSources
// documents only those that the commit changed are looked at, at most maxSearched
// bytes are read, and a document of over 1 MiB is similar to none.
type search struct {
	trees *Trees
	src   Source
	at    content.Path
	now   content.Entry
}

const (
	maxSources  = 20_000
	maxSearched = 256 << 20
)

// source is where the document may have come from.
type source struct {
	path    content.Path
	entry   content.Entry
	removed bool // by the same commit
}

// origin returns the path of the best source; that of the document itself if there is none.
func (s *search) origin(ctx context.Context, old, new content.Digest) (content.Path, error) {
	sources, err := s.sources(ctx, old, new)
	if err != nil {
		return s.at, err
	}
	if i := s.identical(sources); i >= 0 {
		return sources[i].path, nil
	}
	i, err := s.similar(ctx, sources)
	if i < 0 || err != nil {
		return s.at, err
	}
	return sources[i].path, nil
}

// sources are the documents of the tree old, in their order.
func (s *search) sources(ctx context.Context, old, new content.Digest) (all []source, err error) {
	var touched []source
	removed := map[content.Path]bool{}
	_, err = s.trees.Diff(ctx, s.src, old, new, maxSources, func(f content.FileChange) error {
		if f.Old.Mode != 0 {
			removed[f.Path] = f.New.Mode == 0
			touched = append(touched, source{f.Path, f.Old, f.New.Mode == 0})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	more, err := s.trees.Diff(ctx, s.src, content.Digest{}, old, maxSources, func(f content.FileChange) error {
		all = append(all, source{f.Path, f.New, removed[f.Path]})
		return nil
	})
	if more {
		return touched, err
	}
	return all, err
}

// identical returns the first of the sources that hold the same bytes; among these
// one that is gone comes first, and one of the same name. -1: there is none.
func (s *search) identical(sources []source) int {
	best, most := -1, -1
	for i, from := range sources {
		if from.entry.Digest != s.now.Digest || from.entry.Mode != s.now.Mode && !(from.entry.Mode.IsFile() && s.now.Mode.IsFile()) {
			continue
		}
		score := 0
		if from.removed {
			score++
		}
		if from.path.Base() == s.at.Base() {
			score++
		}
		if score > most {
			best, most = i, score
		}
	}
	return best
}

// Scores are out of maxScore, as git's are.
const (
	maxScore = 60_000
	minScore = maxScore / 2
)

// candidate is a source with its score. The zero candidate is worse than any.
type candidate struct {
	source   int
	score    int
	sameName bool
	real     bool
}

// worse orders candidates, the best first.
func worse(a, b candidate) int {
	switch {
	case a.real != b.real:
		return yes(b.real) - yes(a.real)
	case a.score != b.score:
		return cmp.Compare(b.score, a.score)
	}
	return yes(b.sameName) - yes(a.sameName)
}

func yes(b bool) int {
	if b {
		return 1
	}
	return 0
}

// similar returns the source that is most similar, of the four that git remembers.
func (s *search) similar(ctx context.Context, sources []source) (int, error) {
	if !s.now.Mode.IsFile() {
		return -1, nil
	}
	now, ok, err := s.read(ctx, s.now.Digest)
	if err != nil || !ok {
		return -1, err
	}
	spans := spansOf(now)
	var best [4]candidate
	for i, left := 0, maxSearched; i < len(sources) && left > 0; i++ {
		if !sources[i].entry.Mode.IsFile() {
			continue
		}
		was, ok, err := s.read(ctx, sources[i].entry.Digest)
		if err != nil {
			return -1, err
		}
		if !ok {
			continue
		}
		left -= len(was)
		c := candidate{i, similarity(was, now, spans), sources[i].path.Base() == s.at.Base(), true}
		worst := 0
		for k := range best {
			if worse(best[k], best[worst]) > 0 {
				worst = k
			}
		}
		if worse(best[worst], c) > 0 {
			best[worst] = c
		}
	}
	slices.SortStableFunc(best[:], worse)
	for _, onlyRemoved := range []bool{true, false} {
		for _, c := range best {
			if c.real && c.score >= minScore && (sources[c.source].removed || !onlyRemoved) {
				return c.source, nil
			}
		}
	}
	return -1, nil
}

// read returns the bytes of a document; not ok if they are too many.
func (s *search) read(ctx context.Context, d content.Digest) ([]byte, bool, error) {
	o, err := s.src.Object(ctx, d)
	if fault.Is(err, fault.TooLarge) {
		return nil, false, nil
	}
	return o.Data, err == nil, err
}

// similarity says how much of the larger of two documents is in both, as git
// estimates it; spans are now's.
func similarity(was, now []byte, spans map[uint32]int) int {
	longer, shorter := max(len(was), len(now)), min(len(was), len(now))
	if longer*(maxScore-minScore) < (longer-shorter)*maxScore || len(now) == 0 {
		return 0
	}
	shared := 0
	for span, n := range spansOf(was) {
		shared += min(n, spans[span])
	}
	return shared * maxScore / longer
}

// What git cuts a document into: lines, and pieces of 64 bytes of longer ones.
const (
	longestSpan  = 64
	spanClasses  = 107_927
	binaryWithin = 8000
)

// spansOf returns how many bytes there are in spans of each hash (diffcore-delta.c,
// hash_chars). The end of a line counts as LF in text; bytes behind the last
// whole span do not count.
func spansOf(b []byte) map[uint32]int {
	isText := bytes.IndexByte(b[:min(len(b), binaryWithin)], 0) < 0
	spans := make(map[uint32]int, len(b)/32)
	var high, low uint32
	n := 0
	for i, c := range b {
		if isText && c == '\r' && i+1 < len(b) && b[i+1] == '\n' {
			continue
		}
		high, low = high<<7^low>>25, low<<7^high>>25
		high += uint32(c)
		if n++; n < longestSpan && c != '\n' {
			continue
		}
		spans[(high+low*0x61)%spanClasses] += n
		high, low, n = 0, 0, 0
	}
	return spans
}
