package receiving

import (
	"net"
	"testing"

	"github.com/stretchr/testify/require"
)

// address is the address of a client.
type address string

func (address) Network() string  { return "tcp" }
func (a address) String() string { return string(a) }

// Clients are told apart by the address that they have to themselves.
func TestClientOf(t *testing.T) {
	t.Parallel()
	for from, want := range map[string]string{
		"192.0.2.1:1234": "192.0.2.1", "[::ffff:192.0.2.1]:99": "192.0.2.1",
		"[2001:db8:1:2:3:4:5:6]:1": "2001:db8:1:2::", "[fe80::1%eth0]:1": "fe80::", "pipe": "invalid IP",
	} {
		require.Equal(t, want, clientOf(address(from)).String(), from)
	}
}

// A connection counts until it is closed, once.
func TestLimit(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = l.Close() }()
	var refused []string
	lim := limit(l, 2, 1, func(why string) { refused = append(refused, why) })
	one, two, three := clientOf(address("192.0.2.1:1")), clientOf(address("192.0.2.2:1")), clientOf(address("192.0.2.3:1"))
	require.Empty(t, lim.take(one))
	require.Equal(t, tooManyFromOne, lim.take(one))
	require.Empty(t, lim.take(two))
	require.Equal(t, tooMany, lim.take(three))
	lim.release(one)
	require.Empty(t, lim.take(three))
	require.Equal(t, 2, lim.connections())
	lim.release(two)
	lim.release(three)
	require.Zero(t, lim.connections())
	require.Empty(t, lim.open)

	c, err := net.Dial("tcp", l.Addr().String())
	require.NoError(t, err)
	defer func() { _ = c.Close() }()
	accepted, err := lim.Accept()
	require.NoError(t, err)
	require.Equal(t, 1, lim.connections())
	require.NoError(t, accepted.Close())
	_ = accepted.Close()
	require.Zero(t, lim.connections())
	require.Empty(t, refused)
}
