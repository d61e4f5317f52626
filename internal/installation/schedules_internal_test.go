package installation

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
)

// The server fills in what giftbridge leaves out of a specification; anything else is a difference.
func TestSameSpec(t *testing.T) {
	t.Parallel()
	at := func(hour, minute int) client.ScheduleSpec {
		return client.ScheduleSpec{
			Calendars: []client.ScheduleCalendarSpec{{
				Hour: []client.ScheduleRange{{Start: hour}}, Minute: []client.ScheduleRange{{Start: minute}},
			}},
			TimeZoneName: "Europe/Berlin",
		}
	}
	every := func(d time.Duration) client.ScheduleSpec {
		return client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: d}}}
	}
	filled := at(18, 5)
	filled.Calendars[0].Hour[0] = client.ScheduleRange{Start: 18, End: 18, Step: 1}
	filled.Calendars[0].Second = []client.ScheduleRange{{Start: 0, End: 0, Step: 1}}
	filled.Calendars[0].DayOfMonth = []client.ScheduleRange{{Start: 1, End: 31, Step: 1}}
	elsewhere := at(18, 5)
	elsewhere.TimeZoneName = "Asia/Tokyo"
	hours := at(18, 5)
	hours.Calendars[0].Hour[0].End = 20
	twice := at(18, 5)
	twice.Calendars = append(twice.Calendars, twice.Calendars[0])
	both := at(18, 5)
	both.Intervals = every(time.Hour).Intervals
	noHour := at(18, 5)
	noHour.Calendars[0].Hour = nil
	for name, tt := range map[string]struct {
		have, want client.ScheduleSpec
		same       bool
	}{
		"the same":            {at(18, 5), at(18, 5), true},
		"filled in":           {filled, at(18, 5), true},
		"midnight":            {at(0, 0), at(0, 0), true},
		"another hour":        {at(17, 5), at(18, 5), false},
		"another minute":      {at(18, 0), at(18, 5), false},
		"another zone":        {elsewhere, at(18, 5), false},
		"several hours":       {hours, at(18, 5), false},
		"no hour":             {noHour, at(18, 5), false},
		"twice":               {twice, at(18, 5), false},
		"also every hour":     {both, at(18, 5), false},
		"an interval":         {every(time.Minute), every(time.Minute), true},
		"another interval":    {every(time.Hour), every(time.Minute), false},
		"no time of day":      {every(time.Hour), at(18, 5), false},
		"a time and interval": {at(18, 5), every(time.Hour), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.same, sameSpec(tt.have, tt.want))
		})
	}
}
