package conformance

import "strings"

const textDiff = "text/x-diff"

// textDiffs are patches of text by a unified diff, under the rules of RFC 5789.
func textDiffs() []charge {
	return []charge{
		{"5789/2/diff", Choice, "a unified diff changes just the lines that it names, wherever they are now", func(t *trial) {
			d := t.lined()
			t.patch(d, textDiff, diffOf(d, "@@ -2,3 +2,3 @@", " two", "-three", "+3", " four")).done()
			t.get(d.path).status(200).content("one\ntwo\n3\nfour\n")
			t.look(d)
			t.patch(d, textDiff, diffOf(d, "@@ -2,2 +2,3 @@", " 3", "+and a half", " four")).done()
			t.get(d.path).status(200).content("one\ntwo\n3\nand a half\nfour\n")
		}},
		{"5789/2.2/diff-conflict", Should, "a diff whose context is not there is 409, and nothing of it is done", func(t *trial) {
			d := t.lined()
			t.patch(d, textDiff, diffOf(d, "@@ -1 +1 @@", "-one", "+1", "@@ -3,2 +3,2 @@", " tree", "-four", "+4")).status(409)
			t.unchanged(d)
		}},
		{"5789/2.2/diff-malformed", Should, "a diff that can't be read is 400 and changes nothing", func(t *trial) {
			d := t.lined()
			for _, broken := range []string{"", "no diff\n", diffOf(d, "@@ -1 +1 @@", "-one"), diffOf(d, "@@ -1,9 +1,9 @@", " one")} {
				t.patch(d, textDiff, broken).status(400)
			}
			t.unchanged(d)
		}},
		{"5789/2.2/diff-stale", Must, "a diff of an older state is 412 and changes nothing", func(t *trial) {
			d := t.lined()
			t.with("PATCH", d.path, diffOf(d, "@@ -1 +1 @@", "-one", "+1"), "Content-Type", textDiff, "If-Match", otherTag).status(412)
			t.unchanged(d)
		}},
	}
}

// lined makes a text document of four lines and ends the case if it takes no diff.
func (t *trial) lined() *document {
	d := t.tagged("one\ntwo\nthree\nfour\n")
	offered := t.ask("OPTIONS", d.path).status(200, 204).get("Accept-Patch")
	t.needs(TextDiff, strings.Contains(offered, textDiff), "OPTIONS of a text does not tell of "+textDiff)
	return d
}

// diffOf is a diff of a document, by the last name of its path.
func diffOf(d *document, lines ...string) string {
	name := d.path[strings.LastIndex(d.path, "/")+1:]
	return "--- a/" + name + "\n+++ b/" + name + "\n" + strings.Join(lines, "\n") + "\n"
}
