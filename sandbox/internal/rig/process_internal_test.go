package rig

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestCPUTime(t *testing.T) {
	t.Parallel()
	stat := func(name, utime, stime string) []byte {
		return []byte("42 (" + name + ") S 1 42 42 0 -1 4194560 9 0 0 0 " + utime + " " + stime + " 0 0 20 0 9 0 123 0 0")
	}
	tests := map[string]struct {
		stat []byte
		want time.Duration
		bad  bool
	}{
		"ordinary":             {stat: stat("worker", "150", "25"), want: 1750 * time.Millisecond},
		"a name in the way":    {stat: stat("a) S 1 (b c", "1", "2"), want: 30 * time.Millisecond},
		"no name":              {stat: []byte("42"), bad: true},
		"short":                {stat: []byte("42 (worker) S 1 2 3"), bad: true},
		"no number for user":   {stat: stat("worker", "x", "2"), bad: true},
		"no number for system": {stat: stat("worker", "1", "x"), bad: true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := cpuTime(tt.stat)
			require.Equal(t, tt.bad, err != nil, err)
			require.Equal(t, tt.want, got)
		})
	}
}

func TestPeakMemory(t *testing.T) {
	t.Parallel()
	got, err := peakMemory([]byte("Name:\tVmHWM\nVmPeak:\t 9 kB\nVmHWM:\t   1024 kB\nVmRSS:\t 512 kB\n"))
	require.NoError(t, err)
	require.EqualValues(t, 1<<20, got)
	for _, bad := range []string{"", "VmHWM:\tmuch kB\n"} {
		_, err := peakMemory([]byte(bad))
		require.Error(t, err)
	}
}
