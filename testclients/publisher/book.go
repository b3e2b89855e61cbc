package main

import "fmt"

// smallBook is a collection of two modules with a picture.
func smallBook() map[string]string {
	const metadata = `<md:content-id>%s</md:content-id><md:title>%s</md:title><md:license url="http://creativecommons.org/licenses/by/4.0/"/><md:language>en</md:language>`
	const people = `<md:actors><md:person userid="ada"><md:fullname>Ada</md:fullname></md:person></md:actors><md:roles><md:role type="author">ada</md:role></md:roles>`
	book := map[string]string{
		"collections/small.collection.xml": `<col:collection xmlns:col="http://cnx.rice.edu/collxml" xmlns:md="http://cnx.rice.edu/mdml"><col:metadata>` +
			fmt.Sprintf(metadata, "small", "A Small Book") + people + `</col:metadata><col:content><col:module document="m1"/><col:module document="m2"/></col:content></col:collection>`,
		"media/dot.svg": `<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><circle cx="4" cy="4" r="4"/></svg>`,
	}
	for _, id := range []string{"m1", "m2"} {
		book["modules/"+id+"/index.cnxml"] = `<document xmlns="http://cnx.rice.edu/cnxml" xmlns:md="http://cnx.rice.edu/mdml"><title>` + id + `</title><metadata>` +
			fmt.Sprintf(metadata, id, id) + "</metadata>\n<content>\n<para id=\"p\"><media id=\"i\" alt=\"a dot\"><image src=\"../../media/dot.svg\" mime-type=\"image/svg+xml\"/></media></para></content></document>"
	}
	return book
}
