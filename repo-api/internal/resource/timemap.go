package resource

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
)

// LinkFormat is the media type of a TimeMap (RFC 7089 5, RFC 6690).
const LinkFormat = "application/link-format"

// AsTimeMap is the value of ?as= that asks for a TimeMap.
const AsTimeMap = "timemap"

// TimeMapURL is where the versions of a document are listed with their times.
func TimeMapURL(document Place) string {
	history := HistoryURL(document.Repo, document.Path, document.Rev)
	if strings.Contains(history, "?") {
		return history + "&as=" + AsTimeMap
	}
	return history + "?as=" + AsTimeMap
}

// TimeMap is a page of the versions of a document, newest first as everywhere; what
// removed it is none. self is where the page is, more where the next one is, "" if
// there is none.
func TimeMap(document Place, self *url.URL, more string, items []fsapi.HistoryItem) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "<%s>; rel=\"original timegate\"", document.URL())
	fmt.Fprintf(&b, ",\n<%s>; rel=\"self\"; type=%q", As(self, AsTimeMap), LinkFormat)
	if span := spanOf(items); span != "" {
		b.WriteString(span)
	}
	if more != "" {
		fmt.Fprintf(&b, ",\n<%s>; rel=\"timemap next\"; type=%q", more, LinkFormat)
	}
	for _, item := range items {
		if item.Entry.Mode != 0 {
			at := Place{Repo: document.Repo, Rev: content.AtCommit(item.Commit.ID), Path: item.Path, Dir: item.Entry.Mode.IsDir()}
			fmt.Fprintf(&b, ",\n<%s>; rel=\"memento\"; datetime=%q", at.URL(), datetime(item))
		}
	}
	b.WriteByte('\n')
	return []byte(b.String())
}

// spanOf is from when until when the versions of a page were made, as parameters.
func spanOf(items []fsapi.HistoryItem) string {
	var first, last *fsapi.HistoryItem
	for i := range items {
		item := &items[i]
		if item.Entry.Mode == 0 {
			continue
		}
		if first == nil || item.Commit.Committer.When.Before(first.Commit.Committer.When) {
			first = item
		}
		if last == nil || item.Commit.Committer.When.After(last.Commit.Committer.When) {
			last = item
		}
	}
	if first == nil {
		return ""
	}
	return fmt.Sprintf("; from=%q; until=%q", datetime(*first), datetime(*last))
}

func datetime(item fsapi.HistoryItem) string {
	return item.Commit.Committer.When.UTC().Format(http.TimeFormat)
}
