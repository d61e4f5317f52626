package site_test

import (
	"net"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/sandbox/internal/site"
)

// A port can be listened on, again and again, and is not handed out to anybody else meanwhile.
func TestFreePort(t *testing.T) {
	t.Parallel()
	port, err := site.FreePort(t.Context())
	require.NoError(t, err)
	for range 2 {
		l, err := site.Listen(t.Context(), port)
		require.NoError(t, err)
		require.NoError(t, l.Close())
		runtime.GC()
	}
	_, err = (&net.ListenConfig{}).ListenPacket(t.Context(), "udp", site.Loopback(port))
	require.Error(t, err, "another process would take it for free")
}

func TestNoTwoCallersGetAPort(t *testing.T) {
	t.Parallel()
	const many = 500 // Of 17,000 drawn at random, some would come twice.
	got := map[int]bool{}
	for range many {
		port, err := site.FreePort(t.Context())
		require.NoError(t, err)
		require.False(t, got[port], port)
		got[port] = true
	}
}
