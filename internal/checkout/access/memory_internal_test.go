package access

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	g := New(Options{Clients: []Key{{Name: "shop"}, {Name: "till"}}, Now: func() time.Time { return now }})
	c := g.clients["shop"]
	_, ok := g.Admit("till", "anna")
	require.True(t, ok)
	refused := 0
	for i := range maxPersons + 1000 {
		if _, ok := g.Admit("shop", "person "+strconv.Itoa(i)); !ok {
			refused++
		}
		now = now.Add(10 * time.Millisecond)
	}
	require.Zero(t, refused)
	require.Len(t, c.persons, maxPersons)
	require.Equal(t, maxPersons, c.order.Len())
	require.LessOrEqual(t, len(c.open.flights), 400, "what has landed is forgotten")
	require.Nil(t, c.persons[g.person("person 0")])
	require.NotNil(t, c.persons[g.person("person 20999")], "the latest are kept")
	require.Len(t, g.clients["till"].persons, 1, "clients do not make each other forget")

	for i := range 100 {
		g.Unusable("shop", "stranger "+strconv.Itoa(i))
		_, _ = g.Admit("shop", "refused "+strconv.Itoa(i))
	}
	require.Len(t, c.persons, maxPersons)
	require.Nil(t, c.persons[g.person("refused 99")], "who is refused makes nobody forgotten")
}

func TestAnAnswerThatComesLate(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	g := New(Options{Clients: []Key{{Name: "shop"}}, Now: func() time.Time { return now }})
	c := g.clients["shop"]
	_, ok := g.Admit("shop", "anna")
	require.True(t, ok)
	now = now.Add(2 * landsWithin)
	p := c.find(g.person("anna"), now)
	require.True(t, p.known())
	g.Unusable("shop", "anna")
	require.False(t, p.known())
	require.InDelta(t, perMinute-1, c.open.left, .01)
}

func TestEndUsersAreNotKept(t *testing.T) {
	t.Parallel()
	a, b := New(Options{}), New(Options{})
	require.NotEqual(t, a.person("anna"), a.person("Anna"))
	require.NotEqual(t, a.person("anna"), b.person("anna"), "each process has its own key")
	require.Zero(t, a.person(""))
}
