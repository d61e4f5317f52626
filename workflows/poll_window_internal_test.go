package workflows

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestWindowOf(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 7, 10, 12, 0, 0, 0, time.UTC)
	day := 24 * time.Hour
	in := PollOrdersInput{
		CreatedAtMin: noon.Add(-100 * day), MaxOrderAge: Duration(14 * day), Overlap: Duration(10 * time.Minute),
		SettleDelay: Duration(time.Minute),
	}
	until, oldest := noon.Add(-time.Minute), noon.Add(-14*day)
	found := func(from, until, at time.Time) *MissedOrders {
		return &MissedOrders{From: from, Until: until, FoundAt: at}
	}
	for name, tt := range map[string]struct {
		createdAtMin time.Time // that of in if it is zero
		last         PollOrdersResult
		want         pollWindow
	}{
		"the first poll of a new shop": {
			createdAtMin: noon.Add(-time.Hour),
			want:         pollWindow{since: noon.Add(-time.Hour), until: until, watermark: until},
		},
		"the first poll, with orders that are too old": {
			want: pollWindow{since: oldest, until: until, watermark: until, missed: found(in.CreatedAtMin, oldest, noon)},
		},
		"five minutes after the last": {
			last: PollOrdersResult{Watermark: noon.Add(-6 * time.Minute)},
			want: pollWindow{since: noon.Add(-16 * time.Minute), until: until, watermark: until},
		},
		"a clock that went back a little": {
			last: PollOrdersResult{Watermark: noon.Add(time.Minute)},
			want: pollWindow{since: noon.Add(-9 * time.Minute), until: until, watermark: noon.Add(time.Minute)},
		},
		"a watermark of a wrong clock": {
			last: PollOrdersResult{Watermark: noon.Add(day)},
			want: pollWindow{since: oldest, until: until, watermark: until, rewound: true},
		},
		"after a pause of weeks": {
			last: PollOrdersResult{Watermark: noon.Add(-20 * day)},
			want: pollWindow{
				since: oldest, until: until, watermark: until,
				missed: found(noon.Add(-20*day-10*time.Minute), oldest, noon),
			},
		},
		"what was missed is still told": {
			last: PollOrdersResult{Watermark: noon.Add(-time.Minute), Missed: found(oldest, noon, noon.Add(-47*time.Hour))},
			want: pollWindow{
				since: noon.Add(-11 * time.Minute), until: until, watermark: until,
				missed: found(oldest, noon, noon.Add(-47*time.Hour)),
			},
		},
		"what was missed long ago is not": {
			last: PollOrdersResult{Watermark: noon.Add(-time.Minute), Missed: found(oldest, noon, noon.Add(-48*time.Hour))},
			want: pollWindow{since: noon.Add(-11 * time.Minute), until: until, watermark: until},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := in
			if !tt.createdAtMin.IsZero() {
				in.CreatedAtMin = tt.createdAtMin
			}
			require.Equal(t, tt.want, windowOf(noon, in, tt.last))
		})
	}
}
