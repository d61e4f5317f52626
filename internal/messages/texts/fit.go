package texts

import (
	"strings"
	"unicode"
	"unicode/utf16"

	"golang.org/x/text/unicode/norm"

	"github.com/giftbridge/giftbridge/internal/printable"
)

// MaxLength is the length of the longest text, in characters of the GSM 7-bit alphabet: three parts of a text message. A character
// of the alphabet's extension counts twice, and so does each UTF-16 unit of a text that has characters of neither.
const MaxLength = 320

// The GSM 7-bit default alphabet and its extension (3GPP TS 23.038, section 6.2.1), without line breaks.
const (
	gsm = "@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿" +
		"abcdefghijklmnopqrstuvwxyzäöñüà"
	extension = "^{}[~]|\\€"
)

// widths are the characters that each rune of the alphabet takes.
var widths = func() map[rune]int {
	out := map[rune]int{}
	for _, r := range gsm {
		out[r] = 1
	}
	for _, r := range extension {
		out[r] = 2
	}
	return out
}()

// width returns the characters of a rune: 1 or 2 in the alphabet, 0 outside it.
func width(r rune) int { return widths[r] }

// Length returns the length of a text, as [MaxLength] counts.
func Length(s string) int {
	if foreign(s) {
		return 2 * len(utf16.Encode([]rune(s)))
	}
	n := 0
	for _, r := range s {
		n += width(r)
	}
	return n
}

// foreign reports whether a text has characters outside the alphabet.
func foreign(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return width(r) == 0 })
}

// lookalikes are what the alphabet has for characters that it does not have.
var lookalikes = strings.NewReplacer(
	"‘", "'", "’", "'", "‚", "'", "“", `"`, "”", `"`, "„", `"`, "«", `"`, "»", `"`, "–", "-", "—", "-", "‐", "-", "‑", "-",
	"…", "...", "×", "x", "·", "-", "•", "-", "`", "'", "´", "'", "™", "", "®", "", "©", "", "ç", "c", "ı", "i", "ł", "l", "Ł", "L",
	"œ", "oe", "Œ", "OE", "đ", "d", "Đ", "D", string(unicode.ReplacementChar), "",
)

// Fold returns a text in the GSM 7-bit alphabet as far as there is something alike: letters lose accents that the alphabet lacks.
// Other characters stay, such as those of other scripts. What could hide or turn round text is gone, and it is one line.
func Fold(s string) string {
	s = lookalikes.Replace(printable.Line(norm.NFC.String(s), 0))
	var b strings.Builder
	for _, r := range s {
		if width(r) > 0 || !unicode.IsLetter(r) {
			b.WriteRune(r)
			continue
		}
		base := []rune(norm.NFD.String(string(r)))
		if width(base[0]) == 0 {
			b.WriteRune(r)
			continue
		}
		b.WriteRune(base[0])
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// isURL reports whether a word is an address, which is useless if it is cut.
func isURL(word string) bool {
	return strings.HasPrefix(word, "http://") || strings.HasPrefix(word, "https://")
}

// cut returns a text of at most the given length. It leaves out words from the end, whose place dots take, and keeps addresses
// whole: it leaves one out only if there is no other word left to leave out.
func cut(s string, most int) string {
	if Length(s) <= most {
		return s
	}
	const dots = "..."
	words := strings.Fields(s)
	for n := len(words) - 1; n > 0; n-- {
		if isURL(words[n]) {
			continue
		}
		if n+1 < len(words) && words[n+1] == dots {
			words = append(words[:n], words[n+1:]...)
		}
		words[n] = dots
		if out := strings.Join(words, " "); Length(out) <= most {
			return out
		}
	}
	for n := len(words) - 1; n > 0; n-- {
		words = words[:n]
		if out := strings.Join(words, " "); Length(out) <= most {
			return out
		}
	}
	runes := []rune(words[0])
	for len(runes) > 0 && Length(string(runes)) > most {
		runes = runes[:len(runes)-1]
	}
	return string(runes)
}
