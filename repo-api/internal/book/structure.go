package book

// Rule is a rule of CNXML that a module breaks. These rules are a part of what
// CNXML's schema asks for, kept by hand; they are not the schema, which most real
// modules fail.
type Rule string

// The rules.
const (
	UnknownElement   Rule = "unknown-element"   // no dialect of CNXML has it
	MisplacedElement Rule = "misplaced-element" // it stands where only others may
	MissingAttribute Rule = "missing-attribute"
	MissingElement   Rule = "missing-element" // it has to hold another, and does not
	RepeatedID       Rule = "repeated-id"
)

// Remark is a rule that a module breaks, once for all places that break it alike.
type Remark struct {
	Rule    Rule
	Element string
	Detail  string // the attribute or element that is missing, the parent that is wrong, the id
	At      Position
	Count   int
}

// elements are what CNXML has in any of the dialects from 0.5 to 0.8.
var elements = set(
	"document", "title", "metadata", "content", "glossary", "section", "para", "name", "abstract",
	"list", "item", "label", "note", "example", "figure", "subfigure", "caption", "equation",
	"table", "tgroup", "colspec", "spanspec", "thead", "tbody", "tfoot", "row", "entry", "entrytbl",
	"rule", "statement", "proof", "exercise", "problem", "solution", "commentary", "hint",
	"definition", "meaning", "seealso", "term", "emphasis", "foreign", "code", "codeline", "codeblock",
	"preformat", "quote", "cite", "cite-title", "link", "cnxn", "footnote", "sub", "sup", "newline", "space",
	"div", "span", "media", "image", "audio", "video", "flash", "java-applet", "labview", "text",
	"object", "download", "iframe", "param", "featured-links", "link-group", "importance",
)

// attributes are those that an element has to have.
var attributes = map[string][]string{
	"section": {"id"}, "para": {"id"}, "figure": {"id"}, "subfigure": {"id"}, "table": {"id", "summary"},
	"list": {"id"}, "note": {"id"}, "example": {"id"}, "equation": {"id"}, "exercise": {"id"}, "problem": {"id"},
	"solution": {"id"}, "definition": {"id"}, "meaning": {"id"}, "rule": {"id"}, "statement": {"id"}, "proof": {"id"},
	"media": {"id", "alt"}, "image": {"src", "mime-type"}, "tgroup": {"cols"},
}

// parents are the only elements that an element may stand in.
var parents = map[string]map[string]bool{
	"content": set("document"), "glossary": set("document"),
	"item": set("list"), "subfigure": set("figure"),
	"tgroup": set("table"), "thead": set("tgroup", "entrytbl"), "tbody": set("tgroup", "entrytbl"), "tfoot": set("tgroup"),
	"row": set("thead", "tbody", "tfoot"), "entry": set("row"),
	"problem": set("exercise"), "solution": set("exercise"),
	"meaning": set("definition"), "statement": set("rule"), "proof": set("rule"),
}

// children are those of which an element has to hold one.
var children = map[string][]string{
	"document": {"content"}, "exercise": {"problem"}, "list": {"item"}, "table": {"tgroup"}, "tgroup": {"tbody"},
	"tbody": {"row"}, "row": {"entry"}, "definition": {"term"}, "rule": {"statement"},
}

func set(names ...string) map[string]bool {
	s := make(map[string]bool, len(names))
	for _, n := range names {
		s[n] = true
	}
	return s
}

// structure collects remarks while a module is read.
type structure struct {
	remarks []Remark
	seen    map[Remark]int // without place and count → index in remarks
	ids     map[string]bool
}

func newStructure() *structure {
	return &structure{seen: make(map[Remark]int), ids: make(map[string]bool)}
}

func (s *structure) remark(rule Rule, e *element, detail string) {
	key := Remark{Rule: rule, Element: clip(e.name.Local), Detail: clip(detail)}
	if i, ok := s.seen[key]; ok {
		s.remarks[i].Count++
		return
	}
	if len(s.remarks) == maxRemarks {
		return
	}
	s.seen[key] = len(s.remarks)
	key.At, key.Count = e.at, 1
	s.remarks = append(s.remarks, key)
}

// maxRemarks is how many different remarks one module gets.
const maxRemarks = 200

// start judges what is known when e begins within parent; nil: e is the root.
func (s *structure) start(parent, e *element) {
	id := e.attr("id")
	if id != "" && s.ids[id] {
		s.remark(RepeatedID, e, id)
	}
	if id != "" {
		s.ids[id] = true
	}
	if !inSpace(e.name.Space, nsCNXML) {
		return
	}
	name := e.name.Local
	if !elements[name] {
		s.remark(UnknownElement, e, "")
	}
	for _, a := range attributes[name] {
		if !e.has(a) {
			s.remark(MissingAttribute, e, a)
		}
	}
	if parent == nil || !inSpace(parent.name.Space, nsCNXML) {
		return
	}
	parent.holds(name)
	if allowed := parents[name]; allowed != nil && !allowed[parent.name.Local] {
		s.remark(MisplacedElement, e, parent.name.Local)
	}
}

// end judges what is known when e is over.
func (s *structure) end(e *element) {
	if !inSpace(e.name.Space, nsCNXML) {
		return
	}
	for i, child := range children[e.name.Local] {
		if e.held&(1<<i) == 0 {
			s.remark(MissingElement, e, child)
		}
	}
}

// holds remembers that e has a child of this name, if that matters.
func (e *element) holds(name string) {
	for i, child := range children[e.name.Local] {
		if child == name {
			e.held |= 1 << i
		}
	}
}
