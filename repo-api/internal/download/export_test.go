package download

import "rhapsode/repo-api/internal/book"

// Broken returns b with another way to read its files.
func Broken(b *Book, change func(book.Source) book.Source) *Book {
	c := *b
	c.edition.Source = change(c.edition.Source)
	return &c
}
