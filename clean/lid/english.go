package lid

// Most of what is read is English, and the commonest words of English tell it from every other language at a hundredth of a
// model's price. A text passes for English here only if both of its halves do; whatever does not is left to the model.
const (
	englishWords = 150 // words looked at in each half
	englishLeast = 24  // a half with fewer says nothing
	englishShare = 5   // at least one word in so many must be common; in prose it is two in five
)

func isCommonEnglish(w []byte) bool {
	switch string(w) {
	case "the", "and", "of", "to", "that", "is", "was", "for", "with", "this", "are", "from", "have", "it", "not", "on", "be", "by", "you",
		"which", "or", "were", "they", "has", "their", "but", "would", "its", "an", "as", "at", "if", "can", "will", "when", "we":
		return true
	}
	return false
}

// passesForEnglish looks at the start of each of two stretches of text.
func passesForEnglish(halves [2][]byte) bool {
	for _, text := range halves {
		words, common, the := 0, 0, 0
		var word [6]byte
		n := 0
		for i := 0; i <= len(text) && words < englishWords; i++ {
			c := byte(' ')
			if i < len(text) {
				c = text[i]
			}
			if low := c | 0x20; low-'a' < 26 || c >= 0x80 {
				if n < len(word) {
					word[n] = low
				}
				n++
				continue
			}
			if n == 0 {
				continue
			}
			words++
			if n <= len(word) && isCommonEnglish(word[:n]) {
				common++
				if n == 3 && word[0] == 't' {
					the++
				}
			}
			n = 0
		}
		if words < englishLeast || common*englishShare < words || the == 0 {
			return false
		}
	}
	return true
}
