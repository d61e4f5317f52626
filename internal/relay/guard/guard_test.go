package guard_test

import (
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/giftbridge/giftbridge/internal/relay/guard"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]guard.Reason{
		"1.1.1.1": "", "203.0.112.255": "", "9.255.255.255": "", "172.32.0.1": "", "100.128.0.1": "", "198.20.0.1": "",
		"2606:4700::1111": "", "2a00:1450:4001::1": "",
		"64:ff9b::1.1.1.1": "", "::ffff:1.1.1.1": "",

		"127.0.0.1": guard.Loopback, "127.255.255.254": guard.Loopback, "::1": guard.Loopback,
		"::ffff:127.0.0.1": guard.Loopback, "64:ff9b::127.0.0.1": guard.Loopback,
		"169.254.1.1": guard.LinkLocal, "fe80::1": guard.LinkLocal, "fe80::1%eth0": guard.LinkLocal, "2606:4700::1%eth0": guard.LinkLocal,
		"ff02::1": guard.LinkLocal, "224.0.0.1": guard.LinkLocal,
		"10.0.0.1": guard.Private, "172.16.0.1": guard.Private, "172.31.255.255": guard.Private, "192.168.1.1": guard.Private,
		"100.64.0.1": guard.Private, "100.127.255.255": guard.Private, "fc00::1": guard.Private, "fdff::1": guard.Private,
		"64:ff9b::10.0.0.1": guard.Private, "64:ff9b:1::1.1.1.1": guard.Private, "fec0::1": guard.Private,
		"::ffff:192.168.1.1": guard.Private,
		"0.0.0.0":            guard.Unspecified, "0.1.2.3": guard.Unspecified, "::": guard.Unspecified,
		"239.1.2.3": guard.Multicast, "ff0e::1": guard.Multicast,
		"169.254.169.254": guard.Metadata, "::ffff:169.254.169.254": guard.Metadata, "64:ff9b::169.254.169.254": guard.Metadata,
		"fd00:ec2::254": guard.Metadata, "168.63.129.16": guard.Metadata, "100.100.100.200": guard.Metadata,
		"192.0.2.1": guard.Special, "198.18.0.1": guard.Special, "198.19.255.255": guard.Special, "203.0.113.1": guard.Special,
		"240.0.0.1": guard.Special, "255.255.255.255": guard.Special, "192.88.99.1": guard.Special,
		"2002:7f00:1::": guard.Special, "2002:808:808::": guard.Special, "2001::1": guard.Special, "2001:db8::1": guard.Special,
		"::127.0.0.2": guard.Special, "::ffff:0:127.0.0.1": guard.Special, "100::1": guard.Special,
	} {
		t.Run(address, func(t *testing.T) {
			t.Parallel()
			err := guard.New().Check(netip.MustParseAddr(address))
			if want == "" {
				require.NoError(t, err)
				return
			}
			var blocked *guard.BlockedError
			require.ErrorAs(t, err, &blocked)
			require.Equal(t, want, blocked.Reason)
			require.ErrorContains(t, err, string(want))
		})
	}
	require.Error(t, guard.New().Check(netip.Addr{}))
}

// Networks that were named are allowed, and nothing beside them. Metadata services are refused in any network.
func TestCheckAllowsNamedNetworks(t *testing.T) {
	t.Parallel()
	g := guard.New(netip.MustParsePrefix("10.1.2.3/16"), netip.MustParsePrefix("fd00::/8"), netip.MustParsePrefix("169.254.0.0/16"),
		netip.MustParsePrefix("127.0.0.1/32"))
	for address, want := range map[string]bool{
		"10.1.255.1": true, "::ffff:10.1.0.1": true, "64:ff9b::10.1.0.1": true, "10.2.0.1": false, "fd12::1": true, "fc00::1": false,
		"169.254.7.7": true, "169.254.169.254": false, "fd00:ec2::254": false, "::ffff:169.254.169.254": false, "fd12::1%eth0": false,
		"127.0.0.1": true, "127.0.0.2": false, "1.1.1.1": true,
	} {
		require.Equal(t, want, g.Check(netip.MustParseAddr(address)) == nil, address)
	}
}

// The form in which an IPv4 address is written changes nothing.
func TestFormsOfAnAddressAreJudgedAlike(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var b [4]byte
		copy(b[:], rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "address"))
		bare := netip.AddrFrom4(b)
		translated := [16]byte{0: 0, 1: 0x64, 2: 0xff, 3: 0x9b, 12: b[0], 13: b[1], 14: b[2], 15: b[3]}
		g := guard.New(netip.MustParsePrefix("10.0.0.0/8"))

		want := g.Check(bare) == nil
		require.Equal(t, want, g.Check(netip.AddrFrom16(bare.As16())) == nil, "mapped")
		require.Equal(t, want, g.Check(netip.AddrFrom16(translated)) == nil, "translated")
		six := [16]byte{0: 0x20, 1: 0x02, 2: b[0], 3: b[1], 4: b[2], 5: b[3]}
		require.Error(t, g.Check(netip.AddrFrom16(six)), "6to4")
	})
}

func TestControl(t *testing.T) {
	t.Parallel()
	require.NoError(t, guard.New().Control("tcp4", "1.1.1.1:443", nil))
	require.NoError(t, guard.New().Control("tcp6", "[2606:4700::1111]:443", nil))
	for _, address := range []string{"[::1]:443", "127.0.0.1:443", "example.com:443", "1.1.1.1", ""} {
		require.Error(t, guard.New().Control("tcp", address, nil), address)
	}
	d := guard.New().Dialer(time.Minute, nil)
	require.NotNil(t, d.Control)
	require.Equal(t, time.Minute, d.Timeout)
}
