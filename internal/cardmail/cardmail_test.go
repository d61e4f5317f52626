package cardmail_test

import (
	"bytes"
	"flag"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"github.com/giftbridge/giftbridge/internal/cardmail"
	"github.com/giftbridge/giftbridge/internal/giftcard"
)

var update = flag.Bool("update", false, "write the golden files")

var now = time.Date(2026, 7, 10, 12, 0, 0, 0, time.UTC)

func load(t *testing.T) *cardmail.Templates {
	t.Helper()
	templates, err := cardmail.Load("")
	require.NoError(t, err)
	return templates
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(path, got, 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), string(got), "%s; -update writes it", path)
}

// goldenPicture compares pictures by their pixels: the bytes of a PNG may change with the version of Go.
func goldenPicture(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(path, got, 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	pixels := func(file []byte) image.Image {
		picture, err := png.Decode(bytes.NewReader(file))
		require.NoError(t, err, path)
		return picture
	}
	require.Equal(t, pixels(want), pixels(got), "%s; -update writes it", path)
}

func TestRender(t *testing.T) {
	t.Parallel()
	full := cardmail.Sample()
	full.ValidFrom = now.AddDate(0, 1, 0)
	bare := cardmail.Card{Code: "AB12CD34EF56", Value: giftcard.Money{Hundredths: 123450, Currency: "CHF"}}
	long := full
	long.Code, long.Value.Hundredths = "AB12CD34EF56GH78IJ90KL12", 123456789
	long.To, long.From = strings.Repeat("W", 80), strings.Repeat("M", 80)
	long.Message = "https://example.com/" + strings.Repeat("greetings", 30)
	for name, card := range map[string]cardmail.Card{"full": full, "bare": bare, "long": long} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, err := load(t).Render(card, name == "full", now)
			require.NoError(t, err)
			golden(t, name+".txt", []byte("Subject: "+m.Subject+"\n\n"+m.Text))
			golden(t, name+".html", []byte(m.HTML))
			goldenPicture(t, name+".png", m.Picture.PNG)
			requireWellFormed(t, m.HTML)
			require.Less(t, len(m.Picture.PNG), 4<<10)
			for line := range strings.Lines(m.Text) {
				require.True(t, name == "long" || len([]rune(line)) <= 79, line)
			}
		})
	}
}

// requireWellFormed requires that every element that needs an end has one, and that the picture has a text for people who do
// not see it, which does not hold the code: the number is read out once, below.
func requireWellFormed(t *testing.T, page string) {
	t.Helper()
	var open []string
	z := html.NewTokenizer(strings.NewReader(page))
	for {
		switch kind := z.Next(); kind {
		case html.ErrorToken:
			require.Empty(t, open)
			return
		case html.StartTagToken:
			token := z.Token()
			if token.Data == "img" {
				for _, a := range token.Attr {
					if a.Key == "alt" {
						require.NotEmpty(t, a.Val)
						require.NotContains(t, a.Val, "2900000000018")
						require.NotContains(t, a.Val, "2 900000 000018")
					}
				}
				require.Len(t, token.Attr, 4)
			}
			if token.Data != "meta" && token.Data != "img" && token.Data != "br" {
				open = append(open, token.Data)
			}
		case html.EndTagToken:
			require.NotEmpty(t, open)
			require.Equal(t, open[len(open)-1], z.Token().Data)
			open = open[:len(open)-1]
		}
	}
}

// What buyers write is shown as they wrote it, and does nothing.
func TestRenderHostileTexts(t *testing.T) {
	t.Parallel()
	card := cardmail.Sample()
	card.From = "Ada\r\nBcc: eve@example.com\u202e"
	card.To = strings.Repeat("é", 500)
	card.Message = "</p><script>alert(1)</script>{{.Code}}\r\n\r\n\r\n\r\n<img src=x>\x1b[31m\u2066" + strings.Repeat("ß", 5000)
	m, err := load(t).Render(card, false, now)
	require.NoError(t, err)
	requireWellFormed(t, m.HTML)
	require.NotContains(t, m.Subject, "\n")
	require.LessOrEqual(t, len([]rune(m.Subject)), 150)
	for _, body := range []string{m.Text, m.HTML} {
		require.NotContains(t, body, "\x1b")
		require.NotContains(t, body, "\u202e")
		require.NotContains(t, body, "\u2066")
		require.NotContains(t, body, strings.Repeat("é", 100))
		require.NotContains(t, body, strings.Repeat("ß", 2000))
		require.Contains(t, body, "{{.Code}}")
	}
	require.NotContains(t, m.HTML, "<script")
	require.Equal(t, 1, strings.Count(m.HTML, "<img"))
	require.NotContains(t, m.Text, "\n\n\n")
}

// The picture is what a scanner needs: read back by the rules of EAN-13, it is the code.
func TestPictureOfAnEAN(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"2900000000018", "4006381333931", "0012345678905"} {
		card := cardmail.Sample()
		card.Code = code
		m, err := load(t).Render(card, false, now)
		require.NoError(t, err)
		picture, err := png.Decode(bytes.NewReader(m.Picture.PNG))
		require.NoError(t, err)
		require.Equal(t, image.Pt(m.Picture.Width, m.Picture.Height), picture.Bounds().Max)
		require.Equal(t, code, readEAN(t, modules(t, picture)))
	}
}

// modules returns the bars of a picture, one character for each module, after it has checked that all rows have the same
// bars, and that there is enough white around them.
func modules(t *testing.T, picture image.Image) string {
	t.Helper()
	dark := func(x, y int) bool {
		r, _, _, _ := picture.At(x, y).RGBA()
		return r == 0
	}
	size := picture.Bounds().Max
	const module = 3
	var row strings.Builder
	for x := module / 2; x < size.X; x += module {
		bit := "0"
		if dark(x, size.Y/2) {
			bit = "1"
		}
		row.WriteString(bit)
		require.False(t, dark(x, 0) || dark(x, size.Y-1), "white above and below")
		require.Equal(t, dark(x, size.Y/2), dark(x, size.Y/4))
		require.Equal(t, dark(x, size.Y/2), dark(x-1, size.Y/2))
		require.Equal(t, dark(x, size.Y/2), dark(x+1, size.Y/2))
	}
	const quiet = "00000000000"
	bars := row.String()
	require.True(t, strings.HasPrefix(bars, quiet+"1") && strings.HasSuffix(bars, "1"+quiet), bars)
	return strings.Trim(bars, "0")
}

// readEAN reads the bars of an EAN-13 (GS1 General Specifications, section 5.2).
func readEAN(t *testing.T, bars string) string {
	t.Helper()
	left := []string{
		"0001101", "0011001", "0010011", "0111101", "0100011", "0110001", "0101111", "0111011", "0110111", "0001011",
	}
	parities := []string{
		"OOOOOO", "OOEOEE", "OOEEOE", "OOEEEO", "OEOOEE", "OEEOOE", "OEEEOO", "OEOEOE", "OEOEEO", "OEEOEO",
	}
	invert := func(s string) string { return strings.NewReplacer("0", "1", "1", "0").Replace(s) }
	reverse := func(s string) string {
		b := []byte(s)
		for i, j := 0, len(b)-1; i < j; i, j = i+1, j-1 {
			b[i], b[j] = b[j], b[i]
		}
		return string(b)
	}
	require.Len(t, bars, 95)
	require.Equal(t, "101", bars[:3])
	require.Equal(t, "01010", bars[45:50])
	require.Equal(t, "101", bars[92:])
	digits, parity := "", ""
	for i := range 12 {
		at := 3 + 7*i
		if i >= 6 {
			at += 5
		}
		set := bars[at : at+7]
		for d, odd := range left {
			switch right := invert(odd); {
			case i < 6 && set == odd:
				digits, parity = digits+string(rune('0'+d)), parity+"O"
			case i < 6 && set == reverse(right):
				digits, parity = digits+string(rune('0'+d)), parity+"E"
			case i >= 6 && set == right:
				digits += string(rune('0' + d))
			}
		}
	}
	for first, p := range parities {
		if p == parity {
			return string(rune('0'+first)) + digits
		}
	}
	return "no first digit"
}

// Other codes are drawn as Code 128: between its start and its stop, and with a check symbol.
func TestPictureOfAnotherCode(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"AB12CD34EF56", "2900000000019", "12345678"} { // The second has a wrong check digit.
		card := cardmail.Sample()
		card.Code = code
		m, err := load(t).Render(card, false, now)
		require.NoError(t, err)
		picture, err := png.Decode(bytes.NewReader(m.Picture.PNG))
		require.NoError(t, err)
		bars := modules(t, picture)
		require.Regexp(t, `^11010(010000|011100|000100)`, bars, "start A, B or C")
		require.True(t, strings.HasSuffix(bars, "1100011101011"), "stop")
		require.Zero(t, (len(bars)-13)%11)
	}
	card := cardmail.Sample()
	card.Code = "not a códe 中"
	_, err := load(t).Render(card, false, now)
	require.EqualError(t, err, "the code of the card cannot be drawn as a barcode")
}

func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, source := range files {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(source), 0o600))
	}
	return dir
}

func TestLoadFromAFolder(t *testing.T) {
	t.Parallel()
	templates, err := cardmail.Load(folder(t, map[string]string{
		"subject.txt.tmpl": "Ein Geschenk\n", "notes.md": "is left alone",
	}))
	require.NoError(t, err)
	m, err := templates.Render(cardmail.Sample(), false, now)
	require.NoError(t, err)
	require.Equal(t, "Ein Geschenk", m.Subject)
	require.Contains(t, m.HTML, "<title>Ein Geschenk</title>")
	built, err := load(t).Render(cardmail.Sample(), false, now)
	require.NoError(t, err)
	require.Equal(t, built.Text, m.Text)
}

// A template that does not work, or with which nobody could spend a card, keeps a worker from starting.
func TestLoadRefusesBrokenTemplates(t *testing.T) {
	t.Parallel()
	for want, files := range map[string]map[string]string{
		`template template: card.txt.tmpl:1: unclosed action`:                                                       {"card.txt.tmpl": "{{.Code"},
		`card.txt.tmpl:1:2 does not work: see the fields in docs/operations.md`:                                     {"card.txt.tmpl": "{{.Coed}}"},
		`template card.txt.tmpl does not show the code of the card ({{.Code}}), without which nobody can spend it`:  {"card.txt.tmpl": "Hi!"},
		`template card.html.tmpl does not show the code of the card ({{.Code}}), without which nobody can spend it`: {"card.html.tmpl": "<p>Hi!</p>"},
		`template card.html.tmpl does not show the barcode of the card (<img src="{{.Picture}}">)`:                  {"card.html.tmpl": "<p>{{.Code}}</p>"},
		`template subject.txt.tmpl is empty`:                                                                        {"subject.txt.tmpl": "{{.Message}}"},
		`the folder of templates has card.tmpl; need subject.txt.tmpl, card.txt.tmpl, card.html.tmpl`:               {"card.tmpl": ""},
		`the folder of templates has none of subject.txt.tmpl, card.txt.tmpl, card.html.tmpl`:                       {"card.txt": ""},
	} {
		_, err := cardmail.Load(folder(t, files))
		require.ErrorContains(t, err, want)
	}
	_, err := cardmail.Load(filepath.Join(t.TempDir(), "missing"))
	require.ErrorContains(t, err, "read the folder of templates")
}
