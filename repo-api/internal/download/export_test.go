package download

import "rhapsode/repo-api/internal/book"

// Broken changes how b reads its files.
func Broken(b *Book, change func(book.Source) book.Source) *Book {
	b.own.src = change(b.own.src)
	return b
}
