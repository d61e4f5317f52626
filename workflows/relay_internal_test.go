package workflows

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/activities/relaying"
)

// A mailbox may wait for days. It must not hold the bodies of events that a later one has made needless.
func TestAMailboxHoldsNoNeedlessBodies(t *testing.T) {
	t.Parallel()
	m := &mailbox{}
	for _, id := range []string{"1", "2", "3", "4"} {
		m.take(relaying.Event{ID: id, Topic: "products/update", Body: relaying.Body(id)})
	}
	m.coalesce(1)
	all := m.waiting[:cap(m.waiting)]
	var held []string
	for _, e := range all {
		if e.Body != "" {
			held = append(held, string(e.Body))
		}
	}
	require.Equal(t, []string{"1", "4"}, held)
}
