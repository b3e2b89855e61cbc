package fsapitest

import (
	"bytes"
	"crypto/sha1"
	"fmt"
	"strings"
	"testing"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/internal/fault"
)

// speak carries out one request of git's and returns the answer.
func (d *desk) speak(call fsapi.GitCall, request string) (string, error) {
	var out bytes.Buffer
	call.Repo = d.repo
	err := d.ServeGit(d.ctx, call, strings.NewReader(request), &out)
	return out.String(), err
}

// packet is a line of git's protocol.
func packet(format string, args ...any) string {
	text := fmt.Sprintf(format, args...)
	return fmt.Sprintf("%04x%s", len(text)+4, text)
}

func speaksGit(t *testing.T, d *desk) {
	tip := d.write("a", "text").Commit
	fetch := fsapi.GitCall{Service: fsapi.UploadPack, Version: 2}
	push := fsapi.GitCall{Service: fsapi.ReceivePack}
	empty := "PACK\x00\x00\x00\x02\x00\x00\x00\x00"
	sum := sha1.Sum([]byte(empty))
	empty += string(sum[:])
	update := func(old, new content.Digest, name string) string {
		return packet("%v %v %s\x00report-status", old, new, name) + "0000" + empty
	}
	none := content.Digest{}
	large := strings.Repeat(packet("ref-prefix refs/%s", strings.Repeat("x", 1000)), 2000)
	tests := []struct {
		name    string
		call    fsapi.GitCall
		request string
		says    string
		kind    fault.Kind // where it says nothing
	}{
		{"it shows its refs", fsapi.GitCall{Service: fsapi.UploadPack, Advertise: true}, "", tip.String() + " refs/heads/main\n", 0},
		{"it lists its refs", fetch, packet("command=ls-refs") + "0001" + "0000", tip.String() + " refs/heads/main\n", 0},
		{"a request of many pieces", fetch, packet("command=ls-refs") + "0001" + large + "0000", "0000", 0},
		{"it sends what is wanted", fetch, packet("command=fetch") + "0001" + packet("want %v", tip) + packet("done") + "0000", "PACK\x00\x00\x00\x02\x00\x00\x00\x03", 0},
		{"it sends nothing that is not there", fetch, packet("command=fetch") + "0001" + packet("want %040x", 1) + packet("done") + "0000", "not our ref", 0},
		{"a push makes a branch", push, update(none, tip, "refs/heads/side"), "ok refs/heads/side", 0},
		{"a push that saw something else is refused", push, update(none, tip, "refs/heads/side"), "fetch first", 0},
		{"a push takes a branch away", push, packet("%v %v refs/heads/side\x00report-status", tip, none) + "0000", "ok refs/heads/side", 0},
		{"a service that is none", fsapi.GitCall{Service: "git-archive"}, "", "", fault.Invalid},
		{"what is not git's protocol", push, "hello", "", fault.Invalid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := d.speak(tt.call, tt.request)
			if tt.says == "" && (fault.Of(err) != tt.kind || got != "") {
				t.Errorf("%q, %v, not a failure of kind %v", got, err, tt.kind)
			}
			if tt.says != "" && (err != nil || !strings.Contains(got, tt.says)) {
				t.Errorf("%v, and %q is not in %q", err, tt.says, got)
			}
		})
	}
	if _, err := d.Ref(d.ctx, d.repo, must(content.Branch("side"))(t)); !fault.Is(err, fault.NotFound) {
		t.Errorf("side: %v", err)
	}
	d.repo = must(content.ParseRepoID("nobody-made-this"))(t)
	if _, err := d.speak(fetch, packet("command=ls-refs")+"0000"); !fault.Is(err, fault.NotFound) {
		t.Errorf("a repository that is not there: %v", err)
	}
}
