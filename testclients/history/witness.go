package history

import (
	"fmt"
	"slices"
	"time"
)

// The witnesses are simple rules that a sound service never breaks. They find
// less than porcupine does, but what they find is a sentence.

// lost returns the acknowledged writes that are not in the history, and those
// that replaced what another had replaced already.
func lost(ops []Op, commits []string) (found []string) {
	replaced := map[Value]Op{}
	for _, op := range ops {
		if op.Kind == Read || op.Outcome != OK {
			continue
		}
		if op.Commit != "" && !slices.Contains(commits, op.Commit) {
			found = append(found, fmt.Sprintf("%s: %s of %q was acknowledged as %s, which its history does not have", op.Doc, op.Kind, op.New, op.Commit))
		}
		if op.Old == "" {
			continue // a document can be absent many times
		}
		if first, twice := replaced[op.Old]; twice {
			found = append(found, fmt.Sprintf("%s: %q and %q were both acknowledged in place of %q", op.Doc, first.New, op.New, op.Old))
		}
		replaced[op.Old] = op
	}
	return found
}

// stale returns the reads that found what had been replaced before they began.
func stale(ops []Op) (found []string) {
	replaced := map[Value]time.Duration{}
	for _, op := range ops {
		if op.Kind != Read && op.Outcome == OK && op.Old != "" {
			replaced[op.Old] = op.Return
		}
	}
	for _, op := range ops {
		if gone, ok := replaced[op.New]; ok && op.Kind == Read && gone < op.Call {
			found = append(found, fmt.Sprintf("%s: a read at %v found %q, replaced at %v", op.Doc, op.Call, op.New, gone))
		}
	}
	return found
}

// ambiguous returns the entity tags that stood for two values, and the values that had two tags.
func ambiguous(ops []Op) (found []string) {
	value, tag := map[string]Value{}, map[Value]string{}
	for _, op := range ops {
		if op.ETag == "" || op.Outcome != OK {
			continue
		}
		if v, ok := value[op.ETag]; ok && v != op.New {
			found = append(found, fmt.Sprintf("%s: %s stood for %q and for %q", op.Doc, op.ETag, v, op.New))
		}
		if t, ok := tag[op.New]; ok && t != op.ETag {
			found = append(found, fmt.Sprintf("%s: %q had the tags %s and %s", op.Doc, op.New, t, op.ETag))
		}
		value[op.ETag], tag[op.New] = op.New, op.ETag
	}
	return found
}

// longestGap returns the longest time of the run in which no write was acknowledged.
func longestGap(l *Log) (longest time.Duration) {
	var acknowledged []time.Duration
	for _, op := range l.Ops {
		if op.Kind != Read && op.Outcome == OK {
			acknowledged = append(acknowledged, op.Return)
		}
	}
	acknowledged = append(acknowledged, l.Length)
	slices.Sort(acknowledged)
	var last time.Duration
	for _, at := range acknowledged {
		longest = max(longest, at-last)
		last = at
	}
	return longest
}
