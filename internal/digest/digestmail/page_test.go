package digestmail_test

import (
	"fmt"
	"math"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/giftbridge/giftbridge/internal/digest"
)

// document parses a page as a browser does.
func document(t *testing.T, page string) *html.Node {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(page))
	require.NoError(t, err)
	return doc
}

// all returns the elements of a name below a node.
func all(n *html.Node, names ...atom.Atom) []*html.Node {
	var out []*html.Node
	for d := range n.Descendants() {
		if d.Type == html.ElementNode && slices.Contains(names, d.DataAtom) {
			out = append(out, d)
		}
	}
	return out
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// content returns the text below a node.
func content(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return b.String()
}

// visible returns the text of a page that people see, with a line for each cell, paragraph and break.
func visible(t *testing.T, page string) string {
	t.Helper()
	var b strings.Builder
	for d := range all(document(t, page), atom.Main)[0].Descendants() {
		switch {
		case d.Type == html.TextNode:
			b.WriteString(strings.TrimLeft(d.Data, "\n"))
		case d.Type == html.ElementNode && slices.Contains([]atom.Atom{atom.A, atom.B, atom.Span, atom.Code}, d.DataAtom):
		default:
			b.WriteByte('\n')
		}
	}
	return b.String()
}

func reports() map[string]digest.Report {
	return map[string]digest.Report{
		"full": full(), "quiet": quiet(), "recovered": recovered(), "1": many(1), "12": many(12), "250": many(250),
	}
}

// Each order that is shown has one link, which leads to that order in Shopify's admin. Text and HTML have the same ones.
func TestLinksAreWellFormed(t *testing.T) {
	t.Parallel()
	for name, r := range reports() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := render(t, r)
			var inHTML, inText []string
			for _, a := range all(document(t, m.HTML), atom.A) {
				inHTML = append(inHTML, attribute(a, "href"))
				require.Regexp(t, `^#\d{4}$`, content(a))
			}
			for line := range strings.Lines(m.Text) {
				if link := strings.TrimSpace(line); strings.HasPrefix(link, "http") {
					inText = append(inText, link)
				}
			}
			require.Equal(t, inHTML, inText)
			for _, link := range inHTML {
				u, err := url.Parse(link)
				require.NoError(t, err)
				require.Equal(t, "https", u.Scheme)
				require.Equal(t, r.Shop, u.Host)
				require.Regexp(t, `^/admin/orders/\d+$`, u.Path)
				require.Equal(t, link, u.String())
			}
			require.Len(t, slices.Compact(slices.Sorted(slices.Values(inHTML))), len(inHTML), "no order is listed twice")
		})
	}
}

// A screen reader can find its way: language, title, headings without gaps, tables with headers.
func TestPageIsAccessible(t *testing.T) {
	t.Parallel()
	for name, r := range reports() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc := document(t, render(t, r).HTML)
			require.Equal(t, "en", attribute(all(doc, atom.Html)[0], "lang"))
			require.NotEmpty(t, content(all(doc, atom.Title)[0]))
			require.Len(t, all(doc, atom.Main), 1)
			require.Len(t, all(doc, atom.H1), 1)
			last := 0
			for _, h := range all(doc, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6) {
				level := int(h.Data[1] - '0')
				require.LessOrEqual(t, level, last+1, content(h))
				require.NotEmpty(t, content(h))
				last = level
			}
			for _, table := range all(doc, atom.Table) {
				heads := all(all(table, atom.Thead)[0], atom.Th)
				for _, h := range heads {
					require.Equal(t, "col", attribute(h, "scope"))
					require.NotEmpty(t, content(h))
				}
				for _, tr := range all(all(table, atom.Tbody)[0], atom.Tr) {
					require.Len(t, all(tr, atom.Th, atom.Td), len(heads))
					for _, h := range all(tr, atom.Th) {
						require.Equal(t, "row", attribute(h, "scope"))
					}
				}
			}
			for _, img := range all(doc, atom.Img) {
				require.NotEmpty(t, attribute(img, "alt"))
			}
		})
	}
}

// The page loads nothing, so it looks the same without a network, and reading it tells nobody.
func TestPageLoadsNothing(t *testing.T) {
	t.Parallel()
	for name, r := range reports() {
		page := render(t, r).HTML
		require.Empty(t, all(document(t, page), atom.Script, atom.Link, atom.Img, atom.Iframe, atom.Object, atom.Form, atom.Base), name)
		require.NotRegexp(t, `(?i)url\(|@import|src=|\son\w+=`, page, name)
	}
}

// Nothing is wider than a phone: every width is a share of the window's, and long words break.
func TestPageFitsAPhone(t *testing.T) {
	t.Parallel()
	page := render(t, full()).HTML
	style := content(all(document(t, page), atom.Style)[0])
	require.Contains(t, page, `<meta name="viewport" content="width=device-width, initial-scale=1">`)
	require.NotContains(t, style, "nowrap")
	require.NotContains(t, style, "min-width")
	for _, width := range regexp.MustCompile(`[^-]width: ([^;]*);`).FindAllStringSubmatch(style, -1) {
		require.Regexp(t, `^\d+%$`, width[1])
	}
	for _, rule := range []string{"main", "pre"} {
		require.Contains(t, rules(style)[rule], "overflow-wrap: anywhere", rule)
	}
	require.Contains(t, rules(style)["table"], "table-layout: fixed")
	require.NotRegexp(t, `<(table|td|th)[^>]* width=`, page)
}

// rules returns the declarations of a style sheet by selector.
func rules(style string) map[string]string {
	out := map[string]string{}
	for _, r := range regexp.MustCompile(`(?m)^([^@{}\n]+) \{([^}]*)\}`).FindAllStringSubmatch(style, -1) {
		for selector := range strings.SplitSeq(r[1], ", ") {
			out[selector] += r[2]
		}
	}
	return out
}

// All text has the contrast that WCAG 2.2 asks for (level AA: 4.5 to 1), in light and in dark.
func TestPageIsReadableInLightAndDark(t *testing.T) {
	t.Parallel()
	doc := document(t, render(t, full()).HTML)
	schemes := map[string]string{}
	for _, m := range all(doc, atom.Meta) {
		schemes[attribute(m, "name")] = attribute(m, "content")
	}
	require.Equal(t, "light dark", schemes["color-scheme"])
	require.Equal(t, "light dark", schemes["supported-color-schemes"])
	light, dark, ok := strings.Cut(content(all(doc, atom.Style)[0]), "@media (prefers-color-scheme: dark) {\n")
	require.True(t, ok)
	require.Contains(t, light, "color-scheme: light dark")
	colours := func(sheet map[string]string, selector, property string) string {
		found := regexp.MustCompile(`(?:^|[ ;])` + property + `: [^;]*(#[0-9a-f]{6})`).FindStringSubmatch(sheet[selector])
		require.Len(t, found, 2, "%s of %s", property, selector)
		return found[1]
	}
	for scheme, sheet := range map[string]map[string]string{"light": rules(light), "dark": rules(dark)} {
		page := colours(sheet, "body", "background")
		for _, on := range [][2]string{
			{colours(sheet, "body", "color"), page},
			{colours(sheet, "body", "color"), colours(sheet, "pre", "background")},
			{colours(sheet, "a", "color"), page},
			{colours(sheet, ".meta", "color"), page},
			{colours(sheet, ".more", "color"), page},
			{colours(sheet, "thead th", "color"), page},
			{colours(sheet, ".new", "color"), page},
			{colours(sheet, ".loud h2", "color"), page},
		} {
			require.GreaterOrEqual(t, contrast(t, on[0], on[1]), 4.5, "%s: %v", scheme, on)
		}
	}
	require.InDelta(t, 21, contrast(t, "#000000", "#ffffff"), 0.01)
	require.InDelta(t, 4.48, contrast(t, "#777777", "#ffffff"), 0.01)
}

// contrast returns the contrast ratio of two colours, as WCAG defines it.
func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	luminance := func(colour string) (l float64) {
		for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
			n, err := strconv.ParseUint(colour[1+2*i:3+2*i], 16, 8)
			require.NoError(t, err)
			c := float64(n) / 255
			if c <= 0.04045 {
				c /= 12.92
			} else {
				c = math.Pow((c+0.055)/1.055, 2.4)
			}
			l += weight * c
		}
		return l
	}
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// The text part is a whole mail: it says everything that the HTML says, in the same order.
func TestTextSaysWhatHTMLSays(t *testing.T) {
	t.Parallel()
	words := func(s string) []string {
		s = regexp.MustCompile(`(?m)^\s*(https?://\S+|-+|=+)$`).ReplaceAllString(s, "")
		return regexp.MustCompile(`[#\pL\d']+`).FindAllString(strings.ToLower(s), -1)
	}
	for name, r := range reports() {
		m := render(t, r)
		m.HTML = regexp.MustCompile(`<thead>.*</thead>`).ReplaceAllString(m.HTML, "") // The text has no columns.
		inText := map[string]int{}
		for _, w := range words(m.Text) {
			inText[w]++
		}
		for _, w := range words(visible(t, m.HTML)) {
			require.Positive(t, inText[w], "%s: %q is in the HTML only", name, w)
		}
		var names []string
		for _, body := range []string{m.Text, visible(t, m.HTML)} {
			names = append(names, fmt.Sprint(regexp.MustCompile(`(?m)^#\d+`).FindAllString(body, -1)))
		}
		require.Equal(t, names[0], names[1], name)
	}
}
