package rest_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/rest"
)

// A header may hold anything; only an identifier is kept.
func TestRequestID(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"4b3f2d0a-0000-4e5f-9a7b-123456789012": "4b3f2d0a-0000-4e5f-9a7b-123456789012",
		"req_1/2:3=":                           "req_1/2:3=",
		"grandma@example.com":                  "",
		"for grandma":                          "",
		"6006491234567890":                     "",
		strings.Repeat("x", 129):               "",
		"":                                     "",
	} {
		require.Equal(t, want, rest.RequestID(http.Header{"X-Request-Id": {value}}), value)
	}
	require.Equal(t, "a", rest.RequestID(http.Header{"X-Request-Id": {"a b"}, "X-Correlation-Id": {"a"}}))
}

// Credentials that a service repeats do not get into an error.
func TestConceal(t *testing.T) {
	t.Parallel()
	e := &rest.Error{Code: "no hush1", Message: "hush1 and hush1 are not abc", RequestID: "hush1"}
	e.Conceal("hush1", "abc", "")
	require.Equal(t, &rest.Error{
		Code: "no [redacted]", Message: "[redacted] and [redacted] are not abc", RequestID: "[redacted]",
	}, e)
}
