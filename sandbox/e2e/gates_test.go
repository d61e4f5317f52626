package e2e_test

import (
	"strings"
	"sync"

	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
)

// gate is an issuer that can be shut. It then keeps one half of the card requests waiting, and refuses the other half,
// which are retried. Both are orders in flight.
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

// halve lets waiting requests pass, and continues to refuse the others.
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

// inFlight counts the cards that wait and the cards that are retried, without cards that existed before, which a
// release may or may not request again.
func (g *gate) inFlight(before map[string]scenario.ExpectedCard) (waiting, retried int) {
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

// hesitation is an issuer that holds back its first answer for each card until it is let go. It then rejects the card,
// and issues it when it is requested again. What happens meanwhile happens before any card is requested a second time.
type hesitation struct {
	fault cashstartest.Fault
	// first is the number of cards that it issues at once.
	first int
	// silent reports whether it issues a card all the same when it lets go, and gives no answer. Nil means none.
	silent func(auditNumber string) bool

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
	if h.silent != nil && h.silent(r.AuditNumber) {
		return &cashstartest.Fault{Kind: cashstartest.Drop, AfterCommit: true}
	}
	return &h.fault
}

// cards returns the number of cards that were requested.
func (h *hesitation) cards() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.asked)
}

func (h *hesitation) letGo() { close(h.free) }

// shopGate is a shop that answers a given number of pages of orders, and then none until it is opened.
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

// open may be called more than once, and on a gate that is not shut.
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

// pass opens the shop for other requests while a function runs.
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
