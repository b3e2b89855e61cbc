package download

import "strings"

// words are what a book says by itself, in its language.
type words struct {
	contents, previous, next, edition, licence, cover, titlePage string
}

// wordsOf returns the words of a language; English for those that are not known.
func wordsOf(lang string) words {
	base, _, _ := strings.Cut(strings.ToLower(lang), "-")
	switch base {
	case "de":
		return words{"Inhalt", "Zurück", "Weiter", "Ausgabe", "Lizenz", "Umschlag", "Titel"}
	case "es":
		return words{"Índice", "Anterior", "Siguiente", "Edición", "Licencia", "Cubierta", "Portada"}
	case "fr":
		return words{"Sommaire", "Précédent", "Suivant", "Édition", "Licence", "Couverture", "Page de titre"}
	case "pl":
		return words{"Spis treści", "Wstecz", "Dalej", "Wydanie", "Licencja", "Okładka", "Strona tytułowa"}
	}
	return words{"Contents", "Previous", "Next", "Edition", "Licence", "Cover", "Title page"}
}
