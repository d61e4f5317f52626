package texts

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"text/template"
)

//go:embed templates
var embedded embed.FS

const suffix = ".txt.tmpl"

// builtIn is the language in which there is each template.
const builtIn = "en"

// Names are the names of all templates.
func Names() []Name {
	return []Name{Receipt, Shipment, Trackings, Returned, Changed, Added, Cancelled, Refunded, InStock, OptOut}
}

// Templates are the texts in all languages.
type Templates struct {
	// byLanguage holds all templates of each language.
	byLanguage map[string]map[Name]*template.Template
	// fallback is the language of what has none, or one without templates.
	fallback string
}

var language = regexp.MustCompile(`^[a-z]{2,3}(-[a-z0-9]{2,8})*$`)

// Load returns the templates: those of a folder, and the built-in ones for those that it does not have. Without a folder it returns
// the built-in ones. A folder has a folder for each language, such as "en" or "fr-ca", with files such as receipt.txt.tmpl. A language
// that is not built in is told in the default one what the folder has no template for. Load fails on a file that cannot be read, on a
// template that does not work, and on names that would be left out; the error names the file.
func Load(folder string) (*Templates, error) {
	t := &Templates{byLanguage: map[string]map[Name]*template.Template{}, fallback: builtIn}
	own, err := fs.Sub(embedded, "templates")
	if err != nil {
		return nil, fmt.Errorf("read the built-in templates: %w", err)
	}
	if err := t.add(own); err != nil {
		return nil, err
	}
	if folder == "" {
		return t, nil
	}
	return t, t.add(os.DirFS(folder))
}

// WithDefault returns the same templates with another language than English for texts to many customers, and for customers whose own
// language has none. It fails if there is no template in that language.
func (t *Templates) WithDefault(lang string) (*Templates, error) {
	if len(t.byLanguage[lang]) == 0 {
		return nil, fmt.Errorf("there are no templates in the language %q, but in %s", lang,
			strings.Join(slices.Sorted(maps.Keys(t.byLanguage)), ", "))
	}
	return &Templates{byLanguage: t.byLanguage, fallback: lang}, nil
}

// add reads the templates of a folder, which replace those that are there.
func (t *Templates) add(folder fs.FS) error {
	entries, err := fs.ReadDir(folder, ".")
	if err != nil {
		return fmt.Errorf("read the folder of templates: %w", err)
	}
	found := 0
	for _, e := range entries {
		name := e.Name()
		info, err := fs.Stat(folder, name) // In a volume of Kubernetes, folders are links.
		if err != nil {
			return fmt.Errorf("read the folder of templates: %w", err)
		}
		switch {
		case !info.IsDir() && strings.HasSuffix(name, ".tmpl"):
			return fmt.Errorf("template %s is not in the folder of its language, such as en/%s", name, name)
		case !info.IsDir() || strings.HasPrefix(name, "."):
			continue
		case !language.MatchString(name):
			return fmt.Errorf("the folder of templates has %s, which is not a language such as en or fr-ca", name)
		}
		n, err := t.addLanguage(folder, name)
		if err != nil {
			return err
		}
		found += n
	}
	if found == 0 {
		return fmt.Errorf("the folder of templates has no file such as en/%s%s", Receipt, suffix)
	}
	return nil
}

func (t *Templates) addLanguage(folder fs.FS, lang string) (found int, err error) {
	entries, err := fs.ReadDir(folder, lang)
	if err != nil {
		return 0, fmt.Errorf("read the folder of templates: %w", err)
	}
	all := t.byLanguage[lang]
	if all == nil {
		all = map[Name]*template.Template{}
		t.byLanguage[lang] = all
	}
	for _, e := range entries {
		file := path.Join(lang, e.Name())
		if !strings.HasSuffix(file, ".tmpl") {
			continue
		}
		name := Name(strings.TrimSuffix(e.Name(), suffix))
		if !slices.Contains(Names(), name) {
			return 0, fmt.Errorf("template %s is not one of %s, each with %s", file, words(Names()), suffix)
		}
		source, err := fs.ReadFile(folder, file)
		if err != nil {
			return 0, fmt.Errorf("read the template %s: %w", file, err)
		}
		parsed, err := template.New(file).Parse(string(source))
		if err != nil {
			return 0, fmt.Errorf("template %w", err)
		}
		if err := check(file, parsed); err != nil {
			return 0, err
		}
		all[name] = parsed
		found++
	}
	return found, nil
}

func words(names []Name) string {
	var out []string
	for _, n := range names {
		out = append(out, string(n))
	}
	return strings.Join(out, ", ")
}

var errEmpty = errors.New("template is empty")

// execute returns what a template makes of a view. The words of the template package can hold values: they are left out.
func execute(t *template.Template, v View) (string, error) {
	var out bytes.Buffer
	if err := t.Execute(&out, v); err != nil {
		return "", fmt.Errorf("template %s does not work: see the fields in docs/messages.md", t.Name())
	}
	text := Fold(out.String())
	if text == "" {
		return "", errEmpty
	}
	return text, nil
}

// Sample returns a made-up view, to try templates with and to look at.
func Sample() View {
	return View{
		Shop: "Example Shop", Order: "#1001", Items: []Item{{"Classic t-shirt", 2}, {"Mug", 1}}, Total: "38.00 USD", Amount: "5.00 USD",
		URL: "https://shop.example.com/orders/1001", Carrier: "UPS", Product: "Classic t-shirt",
		Trackings: []Tracking{{"1ZW098R40361231305", "https://www.ups.com/track?tracknum=1ZW098R40361231305"}},
	}
}

// check renders made-up views: one that has everything, and one that has only what every text has.
func check(file string, t *template.Template) error {
	full := Sample()
	full.MoreItems, full.MoreTrackings = 1, 1
	for _, v := range []View{full, {Shop: full.Shop, Order: full.Order, Product: full.Product, Total: full.Total}} {
		if _, err := execute(t, v); errors.Is(err, errEmpty) {
			return fmt.Errorf("template %s is empty", file)
		} else if err != nil {
			return err
		}
	}
	return nil
}

// template returns the template in a language, or in the one that stands in for it: "fr" for "fr-CA", the default for languages
// without templates, and English for what that one has no template for.
func (t *Templates) template(name Name, locale string) *template.Template {
	for _, lang := range []string{strings.ToLower(strings.ReplaceAll(locale, "_", "-")), t.fallback} {
		for lang != "" {
			if found := t.byLanguage[lang][name]; found != nil {
				return found
			}
			lang = lang[:max(0, strings.LastIndex(lang, "-"))]
		}
	}
	return t.byLanguage[builtIn][name]
}

// Bounds of what a text names.
const (
	maxItems     = 5
	maxTrackings = 8
	maxName      = 60
	maxShop      = 40
)

// Render returns a text of at most [MaxLength] that begins with the shop's name. The first one to a customer ends with how to get
// no more. It leaves out items and tracking numbers, and then words, until it fits. locale is a language such as "fr-CA".
func (t *Templates) Render(name Name, locale string, v View, first bool) string {
	v = clean(v)
	most, end := MaxLength, ""
	if first {
		if line, err := execute(t.template(OptOut, locale), v); err == nil {
			end = " " + cut(line, MaxLength/4)
		}
	}
	start := v.Shop + ": "
	for {
		body, err := execute(t.template(name, locale), v)
		if err != nil { // Load tried it with other values; something has to be said.
			body = v.Order + v.Product
		}
		text := start + body + end
		if Length(text) <= most {
			return text
		}
		switch {
		case len(v.Items) > 1:
			v.Items, v.MoreItems = v.Items[:len(v.Items)-1], v.MoreItems+1
		case len(v.Trackings) > 1:
			v.Trackings, v.MoreTrackings = v.Trackings[:len(v.Trackings)-1], v.MoreTrackings+1
		case cost(v.URL, text) > most/2:
			v.URL = ""
		case len(v.Trackings) == 1 && cost(v.Trackings[0].URL, text) > most/2:
			v.Trackings[0].URL = ""
		default:
			return shorten(start+body, end, most)
		}
	}
}

// cost returns what an address costs in a text. One that takes most of it leaves no room for what the text is about.
func cost(address, text string) int {
	if foreign(text) {
		return 2 * len(address)
	}
	return Length(address)
}

// shorten cuts a text so that it fits with its end. A text with foreign characters in either part is counted as a whole.
func shorten(text, end string, most int) string {
	for room := most; room > 0; room-- {
		if out := cut(text, room) + end; Length(out) <= most {
			return out
		}
	}
	return strings.TrimSpace(end)
}

// clean returns a view whose foreign texts are short, one line each, and hide nothing.
func clean(v View) View {
	short := func(s string, most int) string {
		runes := []rune(Fold(s))
		if len(runes) <= most {
			return string(runes)
		}
		return strings.TrimSpace(string(runes[:most-3])) + "..."
	}
	v.Shop, v.Order, v.Carrier, v.Product = short(v.Shop, maxShop), short(v.Order, maxShop), short(v.Carrier, maxShop), short(v.Product, maxName)
	v.Total, v.Amount = short(v.Total, maxShop), short(v.Amount, maxShop)
	items := v.Items[:min(len(v.Items), maxItems)]
	v.MoreItems += len(v.Items) - len(items)
	v.Items = make([]Item, len(items))
	for i, item := range items {
		v.Items[i] = Item{short(item.Name, maxName), item.Quantity}
	}
	trackings := v.Trackings[:min(len(v.Trackings), maxTrackings)]
	v.MoreTrackings += len(v.Trackings) - len(trackings)
	v.Trackings = make([]Tracking, len(trackings))
	for i, tracking := range trackings {
		v.Trackings[i] = Tracking{short(tracking.Number, maxShop), tracking.URL}
	}
	return v
}
