package config

// nearest returns the word that the fewest letters put in, taken out or
// replaced make of key. Words are not empty.
func nearest(key string, words []string) string {
	best := words[0]
	for _, w := range words[1:] {
		if distance(key, w) < distance(key, best) {
			best = w
		}
	}
	return best
}

// distance is Levenshtein's.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replaced := diagonal
			if a[i] != b[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
