package e2e_test

import (
	"strings"
	"sync"

	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
	"github.com/giftbridge/giftbridge/sandbox/stack"
)

// gate is an issuer that can be shut: it then keeps one half of the cards waiting and refuses the other half, which are
// retried. Both are orders in flight.
type gate struct {
	mu      sync.Mutex
	opened  chan struct{} // Nil while the gate is open; closed while it is half open.
	waiting map[string]bool
	refused map[string]bool
}

func (g *gate) pass(r cashstartest.Request) *cashstartest.Fault {
	g.mu.Lock()
	opened := g.opened
	if opened == nil {
		g.mu.Unlock()
		return nil
	}
	if r.AuditNumber[len(r.AuditNumber)-1]%2 == 0 {
		g.refused[r.AuditNumber] = true
		g.mu.Unlock()
		return &cashstartest.Fault{Kind: cashstartest.ServerError}
	}
	g.waiting[r.AuditNumber] = true
	g.mu.Unlock()
	<-opened
	return nil
}

func (g *gate) shut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.opened, g.waiting, g.refused = make(chan struct{}), map[string]bool{}, map[string]bool{}
}

func (g *gate) open() {
	g.halve()
	g.mu.Lock()
	defer g.mu.Unlock()
	g.opened = nil
}

// halve lets those pass that wait, and goes on to refuse the others.
func (g *gate) halve() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.opened == nil {
		return
	}
	select {
	case <-g.opened:
	default:
		close(g.opened)
	}
}

// inFlight counts the cards that wait and those that are retried, without those that there were before: a release may
// ask for them again or not.
func (g *gate) inFlight(before map[string]stack.ExpectedCard) (waiting, retried int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	count := func(cards map[string]bool) (n int) {
		for audit := range cards {
			if _, ok := before[audit]; !ok {
				n++
			}
		}
		return n
	}
	return count(g.waiting), count(g.refused)
}

// retries reports whether a card of an order is being retried.
func (g *gate) retries(order string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	for audit := range g.refused {
		if strings.Contains(audit, order+"-") {
			return true
		}
	}
	return false
}

// hesitation is an issuer that keeps its first answer to each card back until it is let go. It then turns the card away, and
// issues it when it is asked again. What happens meanwhile happens before any card is asked for a second time.
type hesitation struct {
	fault cashstartest.Fault
	// first is how many cards it issues at once.
	first int

	mu    sync.Mutex
	asked map[string]bool
	free  chan struct{}
}

func (h *hesitation) options(code string) cashstartest.Options {
	h.asked, h.free = map[string]bool{}, make(chan struct{})
	o := createOrderFault(h.answer)
	o.Merchants = []cashstartest.Merchant{merchant(code)}
	return o
}

func (h *hesitation) answer(r cashstartest.Request) *cashstartest.Fault {
	h.mu.Lock()
	again := h.asked[r.AuditNumber]
	h.asked[r.AuditNumber] = true
	issues := again || len(h.asked) <= h.first
	h.mu.Unlock()
	if issues {
		return nil
	}
	<-h.free
	return &h.fault
}

// cards counts those that it was asked for.
func (h *hesitation) cards() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.asked)
}

func (h *hesitation) letGo() { close(h.free) }

// shopGate is a shop that answers so many pages of orders, and then none until it is opened.
type shopGate struct {
	once    sync.Once
	reached chan struct{}
	opened  chan struct{}

	mu      sync.Mutex
	pages   int
	passing bool
}

func (g *shopGate) shutAfter(pages int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.pages, g.reached, g.opened = pages, make(chan struct{}), make(chan struct{})
}

// open may be called more than once, and of a gate that nobody has shut.
func (g *shopGate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.opened != nil {
		g.once.Do(func() { close(g.opened) })
	}
}

func (g *shopGate) next(kind string) *shopifytest.Fault {
	g.mu.Lock()
	shut := g.opened != nil && kind == "orders" && !g.passing
	opened, reached := g.opened, g.reached
	last := false
	if shut {
		g.pages--
		last = g.pages == -1
		shut = g.pages < 0
	}
	g.mu.Unlock()
	if last {
		close(reached)
	}
	if shut {
		<-opened
	}
	return nil
}

// pass opens the shop for others as long as something takes.
func (g *shopGate) pass(while func()) {
	set := func(passing bool) {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.passing = passing
	}
	set(true)
	defer set(false)
	while()
}
