package conformance

import "strings"

// forms are RFC 7578, multipart/form-data, and the framing of its parts (RFC 2046 5.1).
func forms() []charge {
	return []charge{
		{"7578/4.1/parts", Must, "content comes as it is in a part", func(t *trial) {
			d := t.free(".txt", "text/plain")
			t.submit(t.form(d, "\r\nlines\r\n--boundar\r\n\x00\xff"), boundary).done()
			t.get(d.path).status(200).content("\r\nlines\r\n--boundar\r\n\x00\xff")
		}},
		{"7578/4.1/no-boundary", Must, "a form without a boundary is refused and changes nothing", func(t *trial) {
			d := t.free(".txt", "text/plain")
			t.submit(t.form(d, "text"), "").status(400, 415)
			t.absent(d)
		}},
		{"7578/4.1/other-boundary", Must, "a form in which the boundary never comes is 400 and changes nothing", func(t *trial) {
			d := t.free(".txt", "text/plain")
			t.submit(t.form(d, "text"), "; boundary=another").status(400)
			t.absent(d)
		}},
		{"7578/4.1/cut", Must, "a form that is cut short is 400 and changes nothing", func(t *trial) {
			d := t.free(".txt", "text/plain")
			whole := t.form(d, "text")
			for _, cut := range []int{len("--boundary--\r\n"), len("text\r\n--boundary--\r\n"), len(whole) * 2 / 3} {
				t.submit(whole[:len(whole)-cut], boundary).status(400)
			}
			t.absent(d)
		}},
		{"7578/4.2/missing", Must, "a form without a part that it refers to is 400 or 422 and changes nothing", func(t *trial) {
			d := t.free(".txt", "text/plain")
			t.submit(strings.Replace(t.form(d, "text"), `name="file"`, `name="other"`, 1), boundary).status(400, 422)
			t.absent(d)
		}},
		{"7578/4.2/nameless", Must, "a part without a name is 400 or 422 and changes nothing", func(t *trial) {
			d := t.free(".txt", "text/plain")
			t.submit(strings.Replace(t.form(d, "text"), `form-data; name="file"`, "form-data", 1), boundary).status(400, 422)
			t.absent(d)
		}},
	}
}

const boundary = "; boundary=boundary"

// form is one that makes a document of text. The boundary is within no part.
func (t *trial) form(d *document, text string) string {
	f := t.target.Places.Form
	t.place(f.Path, "form")
	name := d.path[strings.LastIndex(d.path, "/")+1:]
	return "--boundary\r\nContent-Disposition: form-data; name=\"" + f.Name + "\"\r\nContent-Type: " + f.Type + "\r\n\r\n" + t.fill(f.Value, name, "") +
		"\r\n--boundary\r\nContent-Disposition: form-data; name=\"file\"\r\nContent-Type: text/plain\r\n\r\n" + text + "\r\n--boundary--\r\n"
}

func (t *trial) submit(form, parameters string) *answer {
	return t.with("POST", t.place(t.target.Places.Form.Path, "form"), form, "Content-Type", "multipart/form-data"+parameters)
}
