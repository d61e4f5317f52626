package simulator_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/simulator"
)

func TestExactJSON(t *testing.T) {
	t.Parallel()
	type body struct {
		ItemCode string `json:"itemCode"`
		Callback string `json:"callback,omitempty"`
	}
	var b body
	require.NoError(t, simulator.ExactJSON([]byte(` {"itemCode":"x", "callback":"y"} `), &b))
	require.Equal(t, body{"x", "y"}, b)
	for text, want := range map[string]string{
		``: "not an object", `[]`: "not an object", `null`: "not an object", `{"itemcode":"x"}`: `unknown field "itemcode"`,
		`{"colour":"x"}`: "unknown field", `{"itemCode":"x","itemCode":"y"}`: "stands twice", `{"itemCode":"x"}{}`: "more than one value",
		`{"itemCode":`: "EOF", `{"itemCode":7}`: "cannot unmarshal", `{"itemCode":"x"`: "EOF", `{"":"x"}`: "unknown field",
	} {
		require.ErrorContains(t, simulator.ExactJSON([]byte(text), &b), want, text)
	}
}
