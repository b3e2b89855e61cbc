package book

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// frontMatter reads metadata at the beginning, if there are any, and returns
// where the rest begins. What is no YAML is text.
func (m *Module) frontMatter(source []byte, ls lines) int {
	line := func(i int) string {
		end := len(source)
		if i+1 < len(ls) {
			end = ls[i+1]
		}
		return strings.TrimSpace(string(source[ls[i]:end]))
	}
	if line(0) != "---" {
		return 0
	}
	for i := 1; i+1 < len(ls); i++ {
		if line(i) != "---" && line(i) != "..." {
			continue
		}
		var doc yaml.Node
		if yaml.Unmarshal(source[ls[1]:ls[i]], &doc) != nil || len(doc.Content) != 1 || doc.Content[0].Kind != yaml.MappingNode {
			return 0
		}
		pairs := doc.Content[0].Content
		for k := 0; k+1 < len(pairs); k += 2 {
			m.noteMatter(strings.ToLower(pairs[k].Value), pairs[k+1])
		}
		return ls[i+1]
	}
	return 0
}

// noteMatter keeps one field of the front matter.
func (m *Module) noteMatter(name string, value *yaml.Node) {
	at := Position{value.Line + 1, value.Column} // the line of dashes comes before
	switch name {
	case "title":
		m.Metadata.Title, m.Metadata.TitleAt = value.Value, at
	case "lang", "language":
		m.Metadata.Language = value.Value
	case "license", "licence":
		m.Metadata.Licence = Licence{URL: value.Value, At: at}
	case "abstract", "description", "summary":
		m.Metadata.Abstract = value.Value
	case "keywords", "tags":
		for _, word := range values(value) {
			m.Metadata.Keywords = append(m.Metadata.Keywords, Term{word, at})
		}
	case "author", "authors":
		for _, name := range values(value) {
			m.Metadata.Credits = append(m.Metadata.Credits, Credit{Author, Person{Name: name}, at})
		}
	}
}

// values are the texts of a list, or the one text that stands for a list of one.
// Of an item with fields it is the name.
func values(n *yaml.Node) []string {
	switch n.Kind {
	case yaml.ScalarNode:
		if n.Value != "" {
			return []string{n.Value}
		}
	case yaml.SequenceNode:
		var all []string
		for _, item := range n.Content {
			all = append(all, values(item)...)
		}
		return all
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == "name" {
				return values(n.Content[i+1])
			}
		}
	}
	return nil
}
