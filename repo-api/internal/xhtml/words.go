package xhtml

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// words are what a page says by itself, in the language of its book.
type words struct {
	kinds map[string]string

	abstract, glossary, notes, solution, proof, open, seeAlso string
}

func english() words {
	return words{
		kinds: map[string]string{
			Figure: "Figure", Table: "Table", Example: "Example", Equation: "Equation", Exercise: "Exercise",
		},
		abstract: "Summary", glossary: "Glossary", notes: "Footnotes", solution: "Solution",
		proof: "Proof", open: "Open", seeAlso: "See also",
	}
}

// wordsOf returns the words of a language; English for those that are not known.
func wordsOf(lang string) words {
	base, _, _ := strings.Cut(strings.ToLower(lang), "-")
	switch base {
	case "de":
		return words{
			kinds: map[string]string{
				Figure: "Abbildung", Table: "Tabelle", Example: "Beispiel", Equation: "Gleichung", Exercise: "Aufgabe",
			},
			abstract: "Zusammenfassung", glossary: "Glossar", notes: "Fußnoten", solution: "Lösung",
			proof: "Beweis", open: "Öffnen", seeAlso: "Siehe auch",
		}
	case "es":
		return words{
			kinds: map[string]string{
				Figure: "Figura", Table: "Tabla", Example: "Ejemplo", Equation: "Ecuación", Exercise: "Ejercicio",
			},
			abstract: "Resumen", glossary: "Glosario", notes: "Notas", solution: "Solución",
			proof: "Demostración", open: "Abrir", seeAlso: "Véase también",
		}
	case "fr":
		return words{
			kinds: map[string]string{
				Figure: "Figure", Table: "Tableau", Example: "Exemple", Equation: "Équation", Exercise: "Exercice",
			},
			abstract: "Résumé", glossary: "Glossaire", notes: "Notes", solution: "Solution",
			proof: "Démonstration", open: "Ouvrir", seeAlso: "Voir aussi",
		}
	case "pl":
		return words{
			kinds: map[string]string{
				Figure: "Ilustracja", Table: "Tabela", Example: "Przykład", Equation: "Równanie", Exercise: "Ćwiczenie",
			},
			abstract: "Streszczenie", glossary: "Słowniczek", notes: "Przypisy", solution: "Rozwiązanie",
			proof: "Dowód", open: "Otwórz", seeAlso: "Zobacz też",
		}
	}
	return english()
}

// kind is the word for a numbered thing; a rule goes by its own type: "Theorem".
func (w words) kind(k string) string {
	if word, ok := w.kinds[k]; ok {
		return word
	}
	initial, size := utf8.DecodeRuneInString(k)
	return string(unicode.ToTitle(initial)) + k[size:]
}
