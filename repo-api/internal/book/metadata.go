package book

// Position is a place in a document: lines and columns count from 1, columns in
// bytes. The zero Position is the document as a whole.
type Position struct {
	Line   int `json:"line"`
	Column int `json:"column"`
}

// Metadata is what a document says of itself. What it does not say is empty.
type Metadata struct {
	At        Position // of the metadata, or of the document if it has none
	Title     string
	TitleAt   Position
	Slug      string
	Language  string
	Licence   Licence
	ContentID string // "m42119", "col10040"
	UUID      string
	Version   string // as recorded: "1.3", "latest"
	Created   string // as recorded: books hold several styles of date
	Revised   string

	Credits     []Credit
	Subjects    []Term
	Keywords    []Term
	Abstract    string // as text
	DerivedFrom []Origin
}

// Licence is what a document may be used under.
type Licence struct {
	URL  string
	Name string
	At   Position
}

// Role is what a person did for a document.
type Role string

// The roles that a document may credit.
const (
	Author      Role = "author"
	Licensor    Role = "licensor"
	Maintainer  Role = "maintainer"
	Translator  Role = "translator"
	Editor      Role = "editor"
	Illustrator Role = "illustrator"
)

// Credit is a role and who had it.
type Credit struct {
	Role   Role
	Person Person
	At     Position
}

// Person is somebody named in a document, or an organisation.
type Person struct {
	ID           string // as the document's own system called them
	Name         string // as it is written out; the ID where no name is given
	FirstName    string
	Surname      string
	Email        string
	Organisation bool
}

// Term is a subject or a keyword.
type Term struct {
	Text string
	At   Position
}

// Origin is a work from which this one was made.
type Origin struct {
	URL   string
	Title string
	At    Position
}

// Who returns those who had a role, in the document's order.
func (m *Metadata) Who(r Role) []Person {
	var people []Person
	for _, c := range m.Credits {
		if c.Role == r {
			people = append(people, c.Person)
		}
	}
	return people
}
