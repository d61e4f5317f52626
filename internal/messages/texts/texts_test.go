package texts_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/messages/texts"
)

var update = flag.Bool("update", false, "write the golden files")

func load(t testing.TB) *texts.Templates {
	t.Helper()
	all, err := texts.Load("")
	require.NoError(t, err)
	return all
}

// All texts, as a customer reads them first, in each language.
func TestTextsAreAsTheyWere(t *testing.T) {
	t.Parallel()
	all := load(t)
	for _, lang := range []string{"en", "de", "fr", "es"} {
		var b strings.Builder
		for _, name := range texts.Names() {
			if name == texts.OptOut {
				continue
			}
			v := texts.Sample()
			text := all.Render(name, lang, v, true)
			require.LessOrEqual(t, texts.Length(text), texts.MaxLength)
			require.True(t, strings.HasPrefix(text, "Example Shop: "), text)
			require.Contains(t, text, "STOP")
			require.NotContains(t, all.Render(name, lang, v, false), "STOP")
			require.Equal(t, len([]rune(text)), texts.Length(text), "all characters are of the alphabet: %s", text)
			fmt.Fprintf(&b, "%s: %s\n", name, text)
		}
		path := filepath.Join("testdata", lang+".txt")
		if *update {
			require.NoError(t, os.WriteFile(path, []byte(b.String()), 0o600))
		}
		want, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, string(want), b.String(), "%s; -update writes it", path)
	}
}

func TestLocales(t *testing.T) {
	t.Parallel()
	all := load(t)
	for locale, want := range map[string]string{
		"en": "Thank you", "en-GB": "Thank you", "de": "Danke", "de-AT": "Danke", "DE": "Danke", "de_CH": "Danke", "fr-CA": "Merci",
		"es-419": "Gracias", "": "Thank you", "ja": "Thank you", "-": "Thank you", "../de": "Thank you", "pt-BR": "Thank you",
	} {
		require.Contains(t, all.Render(texts.Receipt, locale, texts.Sample(), false), want, locale)
	}
}

func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o750))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	return dir
}

func TestOwnTemplates(t *testing.T) {
	t.Parallel()
	all, err := texts.Load(folder(t, map[string]string{
		"en/receipt.txt.tmpl":    "Got it:\n {{.Order}}",
		"fr-ca/receipt.txt.tmpl": "Merci beaucoup {{.Order}}",
		"nl/receipt.txt.tmpl":    "Bedankt voor {{.Order}}",
		"en/notes.txt":           "{{not a template}}",
		".git/x.tmpl":            "{{",
	}))
	require.NoError(t, err)
	v := texts.Sample()
	require.Equal(t, "Example Shop: Got it: #1001", all.Render(texts.Receipt, "en", v, false))
	require.Equal(t, "Example Shop: Merci beaucoup #1001", all.Render(texts.Receipt, "fr-CA", v, false))
	require.Contains(t, all.Render(texts.Receipt, "fr", v, false), "Merci pour votre commande")
	require.Equal(t, "Example Shop: Bedankt voor #1001 Reply STOP to opt out.", all.Render(texts.Receipt, "nl", v, true))
	require.Contains(t, all.Render(texts.Shipment, "nl", v, false), "is on its way")
	require.Contains(t, all.Render(texts.Shipment, "fr-CA", v, false), "est en route")
}

// What has no language, or one without templates, has the default one, and English where that has no template.
func TestDefaultLanguage(t *testing.T) {
	t.Parallel()
	all, err := texts.Load(folder(t, map[string]string{"it/receipt.txt.tmpl": "Grazie {{.Order}}"}))
	require.NoError(t, err)
	italian, err := all.WithDefault("it")
	require.NoError(t, err)
	v := texts.Sample()
	for locale, want := range map[string]string{"": "Grazie", "it-CH": "Grazie", "ja": "Grazie", "de": "Danke", "en": "Thank you"} {
		require.Contains(t, italian.Render(texts.Receipt, locale, v, false), want, locale)
	}
	require.Contains(t, italian.Render(texts.Shipment, "", v, false), "is on its way")
	require.Contains(t, all.Render(texts.Receipt, "", v, false), "Thank you")
	_, err = all.WithDefault("sv")
	require.ErrorContains(t, err, `"sv", but in de, en, es, fr, it`)
}

// A volume of Kubernetes holds links: ..data to the folder of the newest version, and one to each entry of that.
func TestTemplatesOfAVolume(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{"..2026/en/receipt.txt.tmpl": "Got it: {{.Order}}"})
	require.NoError(t, os.Symlink("..2026", filepath.Join(dir, "..data")))
	require.NoError(t, os.Symlink(filepath.Join("..data", "en"), filepath.Join(dir, "en")))
	all, err := texts.Load(dir)
	require.NoError(t, err)
	require.Equal(t, "Example Shop: Got it: #1001", all.Render(texts.Receipt, "en", texts.Sample(), false))
}

// A template that cannot work stops the worker when it starts, and the error names its file.
func TestBrokenTemplates(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		files map[string]string
		want  string
	}{
		"does not parse":       {map[string]string{"de/receipt.txt.tmpl": "{{if}}"}, "de/receipt.txt.tmpl"},
		"unknown field":        {map[string]string{"de/receipt.txt.tmpl": "{{.Phone}}"}, "template de/receipt.txt.tmpl does not work: see the fields in docs/messages.md"},
		"needs what may lack":  {map[string]string{"en/shipment.txt.tmpl": "{{(index .Trackings 0).Number}}"}, "template en/shipment.txt.tmpl does not work: see the fields in docs/messages.md"},
		"empty":                {map[string]string{"en/added.txt.tmpl": " \n"}, "template en/added.txt.tmpl is empty"},
		"empty without a page": {map[string]string{"en/added.txt.tmpl": "{{.URL}}"}, "template en/added.txt.tmpl is empty"},
		"unknown name":         {map[string]string{"en/reciept.txt.tmpl": "x"}, "template en/reciept.txt.tmpl is not one of receipt, shipment"},
		"unknown ending":       {map[string]string{"en/receipt.html.tmpl": "x"}, "template en/receipt.html.tmpl is not one of receipt, shipment"},
		"no language":          {map[string]string{"receipt.txt.tmpl": "x"}, "template receipt.txt.tmpl is not in the folder of its language, such as en/receipt.txt.tmpl"},
		"not a language":       {map[string]string{"English/receipt.txt.tmpl": "x"}, "the folder of templates has English, which is not a language such as en or fr-ca"},
		"none":                 {map[string]string{"readme.md": "x"}, "the folder of templates has no file such as en/receipt.txt.tmpl"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := texts.Load(folder(t, c.files))
			require.ErrorContains(t, err, c.want)
		})
	}
	_, err := texts.Load(filepath.Join(t.TempDir(), "nowhere"))
	require.ErrorContains(t, err, "read the folder of templates")
}

func TestFold(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"plain":                       "plain",
		"Müller's Café für Ägypten":   "Müller's Café für Ägypten",
		"crème brûlée, façade":        "crème brulée, facade",
		"más, está, ñ":                "mas, esta, ñ",
		"Łódź Škoda ő":                "Lodz Skoda o",
		"“quoted” – ‘it’s’…":          `"quoted" - 'it's'...`,
		"a\tb\r\n c\u00a0d":           "a b c d",
		"\u202eevil\u2066\u200b\x1b[": "evil [",
		"日本 🎁":                        "日本 🎁",
		"e\u0301":                     "é",
		"":                            "",
	} {
		require.Equal(t, want, texts.Fold(s))
	}
}

func TestLength(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]int{"": 0, "abc": 3, "a~b": 4, "€": 2, "é": 1, "日本": 4, "a🎁": 6, "ê": 2} {
		require.Equal(t, want, texts.Length(s), s)
	}
}

// What does not fit is left out: items and numbers first, then words, and an address only as a whole.
func TestLongTexts(t *testing.T) {
	t.Parallel()
	all := load(t)
	v := texts.Sample()
	long := strings.Repeat("very long name ", 10)
	v.Items = nil
	for range 300 {
		v.Items = append(v.Items, texts.Item{Name: long, Quantity: 1})
	}
	for _, lang := range []string{"en", "de", "fr", "es"} {
		text := all.Render(texts.Receipt, lang, v, true)
		require.LessOrEqual(t, texts.Length(text), texts.MaxLength)
		require.Contains(t, text, v.URL)
		require.Contains(t, text, "STOP")
		require.Contains(t, text, "38.00 USD")
		require.Regexp(t, `29[6-9] (more|weitere|de plus|mas)`, text)
	}
	v = texts.Sample()
	for i := range 30 {
		v.Trackings = append(v.Trackings, texts.Tracking{Number: fmt.Sprintf("1ZW098R4036123%04d", i)})
	}
	text := all.Render(texts.Trackings, "en", v, false)
	require.LessOrEqual(t, texts.Length(text), texts.MaxLength)
	require.Regexp(t, `and 2[0-9] more`, text)
	require.Contains(t, text, v.URL)

	v = texts.Sample()
	v.URL = "https://example.com/" + strings.Repeat("a", 280)
	text = all.Render(texts.Receipt, "en", v, true)
	require.NotContains(t, text, "https://")
	require.Contains(t, text, "Classic t-shirt")

	v = texts.Sample()
	v.Product = strings.Repeat("日本", 40)
	text = all.Render(texts.InStock, "en", v, true)
	require.LessOrEqual(t, texts.Length(text), texts.MaxLength)
	require.Contains(t, text, "日本")
	require.Contains(t, text, "STOP")

	v = texts.Sample()
	v.Shop = strings.Repeat("S", 500)
	text = all.Render(texts.Cancelled, "en", v, true)
	require.LessOrEqual(t, texts.Length(text), texts.MaxLength)
	require.Contains(t, text, "#1001")
}

// A long text of one's own is cut between words, and never in an address or between the two halves of an escaped character.
func TestOwnLongTexts(t *testing.T) {
	t.Parallel()
	words := strings.Repeat("word ", 100)
	all, err := texts.Load(folder(t, map[string]string{
		"en/receipt.txt.tmpl":   words + "{{.URL}}",
		"en/added.txt.tmpl":     strings.Repeat("~", 400),
		"en/cancelled.txt.tmpl": strings.Repeat("{{.URL}} ", 20) + "x",
	}))
	require.NoError(t, err)
	v := texts.Sample()
	text := all.Render(texts.Receipt, "en", v, true)
	require.LessOrEqual(t, texts.Length(text), texts.MaxLength)
	require.Greater(t, texts.Length(text), texts.MaxLength-10)
	require.Regexp(t, `^Example Shop: (word )+\.\.\. https://shop\.example\.com/orders/1001 Reply STOP to opt out\.$`, text)
	text = all.Render(texts.Added, "en", v, true)
	require.LessOrEqual(t, texts.Length(text), texts.MaxLength)
	require.Equal(t, "Example Shop: ... Reply STOP to opt out.", text)
	text = all.Render(texts.Cancelled, "en", v, false)
	require.LessOrEqual(t, texts.Length(text), texts.MaxLength)
	for word := range strings.FieldsSeq(text) {
		require.True(t, !strings.Contains(word, "://") || word == v.URL, word)
	}
}

// Whatever a shop and its customers write: a text is one line, fits, begins with the shop, and hides nothing.
func FuzzRender(f *testing.F) {
	all := load(f)
	f.Add("Example Shop", "Mug", "https://example.com/1", 3, true)
	f.Add("a\u202eb", strings.Repeat("€", 300), "https://example.com/?a=[b]~{c}", 30, false)
	f.Fuzz(func(t *testing.T, shop, name, url string, n int, first bool) {
		v := texts.View{Shop: shop, Order: name, URL: "https://example.com/" + fmt.Sprintf("%x", url), Carrier: name, Product: name, Total: "1 JPY"}
		for range max(0, n) % 40 {
			v.Items = append(v.Items, texts.Item{Name: name, Quantity: n})
			v.Trackings = append(v.Trackings, texts.Tracking{Number: name, URL: v.URL})
		}
		for _, template := range texts.Names() {
			text := all.Render(template, "de", v, first)
			require.LessOrEqual(t, texts.Length(text), texts.MaxLength)
			require.NotEmpty(t, text)
			require.Equal(t, texts.Fold(text), text)
			for word := range strings.FieldsSeq(text) {
				require.True(t, !strings.HasPrefix(word, "https://example.com/") || word == v.URL || strings.Contains(name+shop, "https://"), word)
			}
		}
	})
}
