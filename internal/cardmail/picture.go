package cardmail

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/png"
	"strings"

	"github.com/boombuler/barcode"
	"github.com/boombuler/barcode/code128"
	"github.com/boombuler/barcode/ean"
)

// Sizes of the picture in pixels. A bar of one module is three pixels wide, which is what a screen of a telephone shows
// sharply, and the quiet zone beside the bars is eleven modules, the widest that a standard asks for (EAN-13, on the left).
const (
	module     = 3
	quiet      = 11
	margin     = 12
	barsHeight = 150
)

// Picture is a picture of a barcode.
type Picture struct {
	PNG           []byte
	Width, Height int
}

// draw draws the barcode of a code: EAN-13 if the code is one, else Code 128. The background is white, margins included, so
// that the picture can be scanned from a dark page.
func draw(code string) (Picture, error) {
	bars, err := encode(code)
	if err != nil {
		return Picture{}, errors.New("the code of the card cannot be drawn as a barcode") // The library's words repeat the code.
	}
	modules := bars.Bounds().Dx()
	page := image.NewPaletted(image.Rect(0, 0, (modules+2*quiet)*module, barsHeight+2*margin), color.Palette{color.White, color.Black})
	for x := range modules {
		if r, _, _, _ := bars.At(bars.Bounds().Min.X+x, bars.Bounds().Min.Y).RGBA(); r != 0 {
			continue
		}
		for px := range module {
			for y := range barsHeight {
				page.SetColorIndex((quiet+x)*module+px, margin+y, 1)
			}
		}
	}
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, page); err != nil {
		return Picture{}, errors.New("the barcode of the card cannot be written as PNG")
	}
	return Picture{b.Bytes(), page.Bounds().Dx(), page.Bounds().Dy()}, nil
}

func encode(code string) (barcode.Barcode, error) {
	const ean13 = 13
	if len(code) == ean13 && strings.Trim(code, "0123456789") == "" {
		if bars, err := ean.Encode(code); err == nil {
			return bars, nil // Its check digit is right.
		}
	}
	return code128.Encode(code)
}
