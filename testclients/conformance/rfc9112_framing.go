package conformance

import (
	"strings"
)

// framing is RFC 9112: messages that are right, in every form.
func framing() []charge {
	return []charge{
		{"9112/3.2.2/absolute-form", Must, "a target in absolute form is accepted", func(t *trial) {
			d := t.document("absolute")
			t.get(t.client.Base() + t.client.Prefix() + d.path).status(200).content("absolute")
		}},
		{"9112/5/spaces", Must, "white space around a value is no part of it, and names have no case", func(t *trial) {
			d := t.tagged("one")
			head := t.line("GET", d.path)
			got, _, _ := t.raw("GET", []byte(head+"iF-nOnE-mAtCh:  \t"+d.tag+" \t \r\nConnection: close\r\n\r\n"))
			t.check(got != nil, "an answer", "none")
			got.status(304)
		}},
		{"9112/7.1/chunked", Must, "content in chunks is taken", func(t *trial) {
			d := t.free(".txt", "text/plain")
			got, _, _ := t.raw("PUT", []byte(t.chunked(d)+"4;x=y\r\nwiki\r\n05\r\npedia\r\n0\r\nTrailer: ignored\r\n\r\n"))
			t.check(got != nil, "an answer", "none")
			got.status(201)
			t.get(d.path).status(200).content("wikipedia")
		}},
		{"9112/9.3/persistent", Must, "several requests on one connection are answered in their order", func(t *trial) {
			one, two := t.document("one"), t.document("two")
			both := t.line("GET", one.path) + "\r\n" + t.line("GET", two.path, "Connection", "close") + "\r\n"
			got, rest, _ := t.raw("GET", []byte(both))
			t.check(got != nil, "an answer", "none")
			got.status(200).content("one")
			t.check(strings.HasSuffix(string(rest), "two"), "the second answer", "%q", clip(rest))
		}},
		{"9112/9.6/close", Must, "after Connection: close the server closes", func(t *trial) {
			got, rest, closed := t.raw("GET", []byte(t.line("GET", t.document("one").path, "Connection", "close")+"\r\n"))
			t.check(got != nil, "an answer", "none")
			got.status(200)
			t.check(closed && len(rest) == 0, "the end of the connection", "%d bytes, closed: %v", len(rest), closed)
		}},
		{"9112/2.2/bare-lf", Choice, "a lone LF may end a line, or is refused; it does not hide a field", func(t *trial) {
			d := t.tagged("one")
			head := strings.ReplaceAll(t.line("GET", d.path, "If-None-Match", d.tag, "Connection", "close"), "\r\n", "\n") + "\n"
			got, _, closed := t.raw("GET", []byte(head))
			if got == nil {
				t.check(closed, "an answer", "silence")
				return
			}
			got.status(304, 400)
		}},
		{"9112/5.2/folding", Choice, "a folded line is refused, or read as one", func(t *trial) {
			d := t.tagged("one")
			got, _, closed := t.raw("GET", []byte(t.line("GET", d.path, "Connection", "close")+"If-None-Match: "+otherTag+",\r\n "+d.tag+"\r\n\r\n"))
			if got == nil {
				t.check(closed, "an answer", "silence")
				return
			}
			got.status(304, 400)
		}},
		{"9112/6.3/cut", Must, "content that is cut short changes nothing", func(t *trial) {
			d, fresh := t.tagged("whole"), t.free(".txt", "text/plain")
			t.cut(t.line("PUT", d.path, "Content-Type", "text/plain", "If-Match", d.tag) + "Content-Length: 1000\r\n\r\nonly this")
			t.cut(t.line("PUT", fresh.path, "Content-Type", "text/plain") + "Content-Length: 1000\r\n\r\nonly this")
			t.cut(t.chunked(fresh) + "9\r\nonly this\r\n")
			t.unchanged(d)
			t.absent(fresh)
		}},
	}
}

// smuggling is what RFC 9112 says of messages that two readers could take for
// different ones.
func smuggling() []charge {
	put := func(t *trial, d *document) string { return t.line("PUT", d.path, "Content-Type", "text/plain") }
	charges := []charge{
		{"9112/3.2/no-host", Must, "a request without Host is 400", func(t *trial) {
			t.rejected("GET", strings.Replace(t.line("GET", t.document("one").path), "Host: "+t.client.Host()+"\r\n", "", 1)+"\r\n", 421)
		}},
		{"9112/3.2/two-hosts", Must, "a request with two Hosts is 400", func(t *trial) {
			t.rejected("GET", t.line("GET", t.document("one").path, "Host", t.client.Host())+"\r\n", 421)
		}},
		{"9112/3.2/bad-host", Must, "a Host that is none is 400", func(t *trial) {
			t.rejected("GET", strings.Replace(t.line("GET", t.document("one").path), "Host: ", "Host: a b/c@", 1)+"\r\n", 421)
		}},
		{"9112/3/space", Must, "a target with a space in it is refused", func(t *trial) {
			path := t.document("one").path
			t.rejected("GET", strings.Replace(t.line("GET", path), path, path+" x", 1)+"\r\n", 404, 505)
		}},
		{"9112/5.1/space-before-colon", Must, "white space before the colon is 400", func(t *trial) {
			t.rejected("GET", t.line("GET", t.document("one").path)+"X-Field : value\r\n\r\n")
		}},
		{"9112/5.5/controls", Must, "CR, LF or NUL within a value is refused or made a space", func(t *trial) {
			for _, evil := range []string{"a\rb", "a\x00b"} {
				got, rest, closed := t.raw("GET", []byte(t.line("GET", t.document("one").path, "Connection", "close")+"X-Field: "+evil+"\r\n\r\n"))
				if got == nil {
					t.check(closed, "a refusal", "silence")
					continue
				}
				got.status(200, 400)
				t.check(len(rest) == 0, "one answer", "and then %q", clip(rest))
			}
		}},
		{"9112/6.1/length-and-chunks", Must, "with both Content-Length and Transfer-Encoding the request is refused, or the connection ends after it", func(t *trial) {
			d, victim := t.free(".txt", "text/plain"), t.document("hidden")
			message := put(t, d) + "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + t.line("GET", victim.path) + "\r\n"
			got, rest, closed := t.raw("PUT", []byte(message))
			t.check(got != nil || closed, "a refusal", "silence")
			t.check(!strings.Contains(string(rest), "hidden"), "no answer to the request within", "one came")
			t.check(closed, "the connection closed", "it stayed open")
		}},
		{"9112/6.3/bad-chunk", Must, "content in broken chunks is 400 and changes nothing", func(t *trial) {
			d := t.free(".txt", "text/plain")
			for _, chunks := range []string{"zz\r\nwiki\r\n0\r\n\r\n", "-4\r\nwiki\r\n0\r\n\r\n", "4\r\nwikiX\r\n0\r\n\r\n", "ffffffffffffffffff\r\nwiki\r\n0\r\n\r\n"} {
				t.distrusted("PUT", t.chunked(d)+chunks)
			}
			t.absent(d)
		}},
		{"9112/6.3/not-chunked-last", Must, "a transfer coding whose last is not chunked is 400", func(t *trial) {
			d := t.free(".txt", "text/plain")
			t.distrusted("PUT", put(t, d)+"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", 501)
			t.distrusted("PUT", put(t, d)+"Transfer-Encoding: x-nothing\r\n\r\n", 501)
			t.absent(d)
		}},
	}
	for _, tt := range []struct{ name, lines string }{
		{"two-lengths", "Content-Length: 5\r\nContent-Length: 6\r\n"},
		{"list-of-lengths", "Content-Length: 5, 6\r\n"},
		{"signed-length", "Content-Length: +5\r\n"},
		{"negative-length", "Content-Length: -5\r\n"},
		{"hex-length", "Content-Length: 0x5\r\n"},
	} {
		charges = append(charges, charge{"9112/6.3/" + tt.name, Must, "a length that is none is 400, and the connection ends", func(t *trial) {
			d := t.free(".txt", "text/plain")
			t.distrusted("PUT", put(t, d)+tt.lines+"\r\nhello")
			t.absent(d)
		}})
	}
	return charges
}

// chunked returns the header section of a PUT in chunks.
func (t *trial) chunked(d *document) string {
	return t.line("PUT", d.path, "Content-Type", d.kind, "If-None-Match", "*") + "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
}

// cut sends part of a message and ends the connection's sending side. The answer,
// if any, is no success.
func (t *trial) cut(message string) {
	conn, err := t.client.Dial(t.ctx)
	if err != nil {
		t.fail("a connection", "%v", err)
	}
	defer conn.Close()
	if err := conn.Send([]byte(message)); err != nil {
		t.fail("a connection", "%v", err)
	}
	if err := conn.EndSending(); err != nil {
		t.fail("a connection", "%v", err)
	}
	got, err := conn.Receive("PUT")
	t.keep(message, got, err)
	t.check(err != nil || got.Status/100 != 2, "no success", "%d", got.Status)
}
