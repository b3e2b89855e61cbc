package faulty

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"strings"
)

// form makes a document of two parts: its name and, as file, its content.
func (s *Server) form(r *request) *reply {
	media, parameters, err := mime.ParseMediaType(r.get("Content-Type"))
	if err != nil || media != "multipart/form-data" || parameters["boundary"] == "" {
		return problem(415, "this takes multipart/form-data with a boundary")
	}
	if !bytes.Contains(r.body, []byte("--"+parameters["boundary"]+"--")) && !s.rules.formsCut {
		return problem(400, "the form has no end")
	}
	parts := map[string][]byte{}
	reader := multipart.NewReader(bytes.NewReader(r.body), parameters["boundary"])
	for {
		part, err := reader.NextPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			return problem(400, "the form is broken")
		}
		text, err := io.ReadAll(part)
		early := errors.Is(err, io.ErrUnexpectedEOF)
		if part.FormName() == "" || err != nil && !(early && s.rules.formsCut) {
			return problem(400, "a part is broken, or has no name")
		}
		if parts[part.FormName()] = text; early {
			break
		}
	}
	name, file := string(parts["name"]), parts["file"]
	if name == "" || file == nil {
		return problem(422, "there are two parts: name and file")
	}
	if s.rules.formsMended {
		file = []byte(strings.ReplaceAll(string(file), "\r\n", "\n"))
	}
	s.store(name, "text/plain", file)
	return answer(204)
}
