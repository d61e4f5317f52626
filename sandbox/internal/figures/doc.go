// Package figures has what benchmarks compute and print: spreads, percentiles, ratios, and the bars that ratios have to meet.
package figures
