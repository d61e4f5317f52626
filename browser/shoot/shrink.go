package main

import (
	"bytes"
	"cmp"
	"image"
	"image/color"
	"image/png"
	"maps"
	"slices"
)

// shade is what similar colours have in common.
type shade struct{ r, g, b uint8 }

func shadeOf(c color.RGBA) shade { return shade{c.R >> 4, c.G >> 4, c.B >> 4} }

// shrink returns a picture with 256 colours: the one that it has most of in each shade, so that no shade is lost, and then
// those that it has most of.
func shrink(picture []byte) ([]byte, error) {
	full, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		return nil, err
	}
	counts := map[color.RGBA]int{}
	bounds := full.Bounds()
	at := func(x, y int) color.RGBA { return color.RGBAModel.Convert(full.At(x, y)).(color.RGBA) }
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			counts[at(x, y)]++
		}
	}
	most := slices.SortedFunc(maps.Keys(counts), func(a, b color.RGBA) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a.R, b.R), cmp.Compare(a.G, b.G), cmp.Compare(a.B, b.B))
	})
	first := map[shade]color.RGBA{}
	for _, c := range most {
		if _, there := first[shadeOf(c)]; !there {
			first[shadeOf(c)] = c
		}
	}
	slices.SortStableFunc(most, func(a, b color.RGBA) int {
		switch isA, isB := first[shadeOf(a)] == a, first[shadeOf(b)] == b; {
		case isA == isB:
			return 0
		case isA:
			return -1
		default:
			return 1
		}
	})
	palette := color.Palette{}
	for _, c := range most[:min(len(most), 256)] {
		palette = append(palette, c)
	}
	nearest := map[color.RGBA]uint8{}
	for c := range counts {
		nearest[c] = uint8(palette.Index(c)) //nolint:gosec // A palette has 256 colours.
	}
	small := image.NewPaletted(bounds, palette)
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			small.SetColorIndex(x, y, nearest[at(x, y)])
		}
	}
	var out bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	if err := encoder.Encode(&out, small); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
