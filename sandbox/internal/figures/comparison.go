package figures

import "io"

// Comparison is a figure beside the one that it is compared with, over all rounds.
type Comparison struct {
	Figure string `json:"figure"`
	Ratio  Spread `json:"ratio"`
	Is     Spread `json:"is_ms"`
	Beside Spread `json:"beside_ms"`
}

// Compare compares two figures of each round, in milliseconds.
func Compare[R any](figure string, rounds []R, of func(R) (is, beside float64)) Comparison {
	var is, beside, ratios []float64
	for _, r := range rounds {
		a, b := of(r)
		is, beside, ratios = append(is, a), append(beside, b), append(ratios, Ratio(a, b))
	}
	return Comparison{Figure: figure, Ratio: NewSpread(ratios), Is: NewSpread(is), Beside: NewSpread(beside)}
}

// PrintComparisons prints comparisons as a table, followed by an empty line.
func PrintComparisons(w io.Writer, all []Comparison) error {
	err := Table(w, func(row func(...any)) {
		row("median (least to most)", "ratio", "ms", "beside, ms")
		for _, c := range all {
			row(c.Figure, c.Ratio, c.Is, c.Beside)
		}
	})
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, "\n")
	return err
}
