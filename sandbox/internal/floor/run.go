package floor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/rs/zerolog"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/giftbridge/giftbridge/internal/app"
	"github.com/giftbridge/giftbridge/internal/logging"
)

// Options says where Temporal is and how to poll it.
type Options struct {
	Temporal, Namespace string
	// Listen is the address that serves /readyz and [LedgerPath].
	Listen string
	// SDKDefaults makes the worker poll and connect as the SDK does by default. Otherwise it does so as giftbridge's
	// workers do.
	SDKDefaults bool
	// Takes is how long the last activity of a [Child] and the activity of a [Single] take.
	Takes time.Duration
	// Slots is the number of activities at once; zero means the SDK's default.
	Slots int
	// Shop is where the cards of [Card] are spent.
	Shop Shop
	// ERP is where the events of a [Mailbox] are posted.
	ERP ERP
}

// LedgerPath returns the entries of the ledger as a list of [Entry]. With ?count it returns only their number.
const LedgerPath = "/ledger"

// Entry records when the second activity of a child was done.
type Entry struct {
	Number int       `json:"number"`
	At     time.Time `json:"at"`
}

// ledger takes the place of the issuer's ledger in the real system.
type ledger struct {
	mu      sync.Mutex
	entries []Entry
}

func (l *ledger) enter(number int) {
	at := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries = append(l.entries, Entry{Number: number, At: at})
}

func (l *ledger) serve(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if r.URL.Query().Has("count") {
		_, _ = w.Write([]byte(strconv.Itoa(len(l.entries))))
		return
	}
	_ = json.NewEncoder(w).Encode(l.entries)
}

// Run polls until ctx ends.
func Run(ctx context.Context, o Options) error {
	connection := client.Options{HostPort: o.Temporal, Namespace: o.Namespace, Logger: logging.Temporal(zerolog.Nop())}
	if !o.SDKDefaults {
		app.Uncompress(&connection)
	}
	c, err := client.DialContext(ctx, connection)
	if err != nil {
		return fmt.Errorf("connect to Temporal at %s: %w", o.Temporal, err)
	}
	defer c.Close()
	var options worker.Options
	if !o.SDKDefaults {
		options = app.QueueOptions()
	}
	options.MaxConcurrentActivityExecutionSize = o.Slots
	shop, err := o.Shop.client()
	if err != nil {
		return fmt.Errorf("set up the client of 4WS: %w", err)
	}
	erp, err := o.ERP.client()
	if err != nil {
		return fmt.Errorf("set up the client of the ERP: %w", err)
	}
	var l ledger
	a := &activities{
		ledger: &l, takes: o.Takes, client: c,
		shop: shop, entity: o.Shop.EntityCode, called: "http://" + o.Listen + calledPath,
		erp: erp, shopName: o.ERP.Shop,
	}
	w := worker.New(c, TaskQueue, options)
	w.RegisterWorkflowWithOptions(Parent, workflow.RegisterOptions{Name: ParentType})
	w.RegisterWorkflowWithOptions(Child, workflow.RegisterOptions{Name: ChildType})
	w.RegisterWorkflowWithOptions(Single, workflow.RegisterOptions{Name: SingleType})
	w.RegisterWorkflowWithOptions(Pair, workflow.RegisterOptions{Name: PairType})
	w.RegisterWorkflowWithOptions(made, workflow.RegisterOptions{Name: madeType})
	w.RegisterWorkflowWithOptions(Card, workflow.RegisterOptions{Name: CardType})
	w.RegisterWorkflowWithOptions(Mailbox, workflow.RegisterOptions{Name: MailboxType})
	w.RegisterActivity(a)
	if err := w.Start(); err != nil {
		return fmt.Errorf("start polling: %w", err)
	}
	defer w.Stop()
	return listen(ctx, o.Listen, map[string]http.HandlerFunc{
		"GET " + LedgerPath: l.serve, "POST " + calledPath + "{barcode}": a.call,
	})
}

// listen serves /readyz and patterns until ctx ends.
func listen(ctx context.Context, addr string, patterns map[string]http.HandlerFunc) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /readyz", func(http.ResponseWriter, *http.Request) {})
	for pattern, handler := range patterns {
		mux.HandleFunc(pattern, handler)
	}
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	defer context.AfterFunc(ctx, func() { _ = server.Close() })()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
