package simulator_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/simulator"
)

// A name may end in a number, as that of a line of an address does. Another case is refused at any depth.
func TestStrictJSON(t *testing.T) {
	t.Parallel()
	type address struct {
		Street string `json:"address1"`
	}
	var into struct {
		Home address `json:"home"`
	}
	require.NoError(t, simulator.StrictJSON([]byte(`{"home": {"address1": "25 Taylor str"}}`), &into))
	require.Equal(t, "25 Taylor str", into.Home.Street)
	for _, body := range []string{`{"home": {"Address1": "x"}}`, `{"home": {"street": "x"}}`, `{} {}`, `{"1home": {}}`} {
		require.Error(t, simulator.StrictJSON([]byte(body), &into), body)
	}
}
