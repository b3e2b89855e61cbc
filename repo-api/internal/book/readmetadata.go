package book

import (
	"strings"
)

// metadata reads <metadata>, in whichever dialect it is. Two generations are in
// use side by side: the one that a repository wrote, with actors and roles by
// id, and the one kept in git, with little more than a title and an identity;
// before both, people were listed by role (authorlist, maintainerlist, …).
func metadata(e *element) Metadata {
	m := Metadata{At: e.at}
	people := actors(e)
	for _, c := range e.children {
		if !inSpace(c.name.Space, nsMDML) {
			continue
		}
		switch c.name.Local {
		case "title":
			m.Title, m.TitleAt = c.allText(), c.at
		case "slug":
			m.Slug = c.allText()
		case "language":
			m.Language = c.allText()
		case "license":
			m.Licence = Licence{URL: firstOf(c.attr("url"), c.attr("href")), Name: c.allText(), At: c.at}
		case "content-id":
			m.ContentID = c.allText()
		case "uuid":
			m.UUID = c.allText()
		case "version":
			m.Version = c.allText()
		case "created":
			m.Created = c.allText()
		case "revised":
			m.Revised = c.allText()
		case "abstract":
			m.Abstract = c.allText()
		case "subjectlist":
			m.Subjects = append(m.Subjects, terms(c, "subject")...)
		case "keywordlist":
			m.Keywords = append(m.Keywords, terms(c, "keyword")...)
		case "roles":
			m.Credits = append(m.Credits, credits(c, people)...)
		case "authorlist", "maintainerlist", "licensorlist", "editorlist", "translatorlist", "illustratorlist":
			m.Credits = append(m.Credits, listed(c, Role(strings.TrimSuffix(c.name.Local, "list")))...)
		case "derived-from":
			m.DerivedFrom = append(m.DerivedFrom, origin(c))
		}
	}
	return m
}

func terms(list *element, name string) []Term {
	var ts []Term
	for _, c := range list.children {
		if text := c.allText(); c.is(nsMDML, name) && text != "" {
			ts = append(ts, Term{text, c.at})
		}
	}
	return ts
}

// actors returns the people that <actors> describes, by id.
func actors(metadata *element) map[string]Person {
	people := make(map[string]Person)
	for _, list := range metadata.children {
		if !list.is(nsMDML, "actors") {
			continue
		}
		for _, c := range list.children {
			if p := person(c); p.ID != "" {
				people[p.ID] = p
			}
		}
	}
	return people
}

func person(e *element) Person {
	p := Person{ID: firstOf(e.attr("userid"), e.attr("id")), Organisation: e.name.Local == "organization"}
	for _, c := range e.children {
		switch c.name.Local {
		case "firstname":
			p.FirstName = c.allText()
		case "surname":
			p.Surname = c.allText()
		case "fullname":
			p.Name = c.allText()
		case "email":
			p.Email = c.allText()
		}
	}
	p.Name = firstOf(p.Name, strings.TrimSpace(p.FirstName+" "+p.Surname), p.ID)
	return p
}

// credits reads <roles>: ids apart by spaces, of actors who are described or not.
func credits(roles *element, people map[string]Person) []Credit {
	var cs []Credit
	for _, c := range roles.children {
		if !c.is(nsMDML, "role") {
			continue
		}
		for _, id := range strings.Fields(c.allText()) {
			p, known := people[id]
			if !known {
				p = Person{ID: id, Name: id}
			}
			cs = append(cs, Credit{Role(strings.ToLower(c.attr("type"))), p, c.at})
		}
	}
	return cs
}

// listed reads the oldest form: <authorlist><author id=…>…</author></authorlist>.
func listed(list *element, role Role) []Credit {
	var cs []Credit
	for _, c := range list.children {
		if p := person(c); inSpace(c.name.Space, nsMDML) && p.Name != "" {
			cs = append(cs, Credit{role, p, c.at})
		}
	}
	return cs
}

// origin reads <derived-from>, which may hold the whole metadata of the parent.
func origin(e *element) Origin {
	o := Origin{URL: firstOf(e.attr("url"), e.attr("href")), At: e.at}
	for _, c := range e.children {
		if c.is(nsMDML, "title") {
			o.Title = c.allText()
		}
	}
	return o
}

func firstOf(ss ...string) string {
	for _, s := range ss {
		if s != "" {
			return s
		}
	}
	return ""
}
