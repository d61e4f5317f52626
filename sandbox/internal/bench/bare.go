package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"syscall"
	"time"

	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/sandbox/internal/child"
	"github.com/giftbridge/giftbridge/sandbox/internal/floor"
	"github.com/giftbridge/giftbridge/sandbox/internal/temporalserver"
)

// bare is the bare engine; it implements contender.
type bare struct {
	server    *Server
	processes []*Process
	addrs     []string
	taken     int
}

func (p *Programs) openFloor(ctx context.Context, sdkDefaults bool, workers int) (_ contender, err error) {
	b := &bare{}
	defer func() {
		if err != nil {
			b.close()
		}
	}()
	if b.server, err = p.openServer(ctx, nil); err != nil {
		return nil, err
	}
	for range workers {
		port, err := child.FreePort(ctx)
		if err != nil {
			return nil, err
		}
		addr := child.Loopback(port)
		started, err := p.start(ctx, child.Program{
			Name: floorProgram, Path: p.floor(), Env: []string{"HOME=" + p.folder}, Signal: syscall.SIGTERM,
			Args: []string{
				"--temporal", b.server.HostPort, "--namespace", temporalserver.DefaultNamespace, "--listen", addr,
				"--sdk-defaults=" + strconv.FormatBool(sdkDefaults),
			},
		}, addr)
		if err != nil {
			return nil, err
		}
		b.processes, b.addrs = append(b.processes, started), append(b.addrs, addr)
	}
	return b, nil
}

// warm implements contender.
func (b *bare) warm(ctx context.Context, n int) error {
	if _, err := b.take(ctx, n); err != nil {
		return err
	}
	return b.settle(ctx)
}

// again implements contender. It does nothing, because no parent finds a child twice.
func (b *bare) again(context.Context) ([]run, error) { return nil, nil }

// take implements contender.
func (b *bare) take(ctx context.Context, n int) (intake, error) {
	from := b.taken
	b.taken += n
	started, err := b.server.Client.ExecuteWorkflow(ctx,
		client.StartWorkflowOptions{ID: fmt.Sprintf("parent/%d", from), TaskQueue: floor.TaskQueue},
		floor.ParentType, floor.ParentInput{From: from, To: b.taken})
	if err != nil {
		return intake{}, fmt.Errorf("start parent: %w", err)
	}
	err = until(ctx, awaitEvery, func() (bool, error) {
		done, err := b.done(ctx)
		return done >= b.taken, err
	})
	if err != nil {
		return intake{}, err
	}
	out := intake{parent: run{started.GetID(), started.GetRunID()}, issued: make(map[string]time.Time, n)}
	entries, err := b.ledger(ctx)
	if err != nil {
		return intake{}, err
	}
	for _, e := range entries {
		if e.Number >= from {
			out.issued[floor.ChildID(e.Number)] = e.At
		}
	}
	if len(out.issued) != n || len(entries) != b.taken {
		return intake{}, fmt.Errorf("%d of %d children are in the ledger, in %d entries", len(out.issued), n, len(entries))
	}
	return out, nil
}

// done returns the number of entries in the ledgers of all workers.
func (b *bare) done(ctx context.Context) (int, error) {
	sum := 0
	if err := b.gone(); err != nil {
		return 0, err
	}
	for _, addr := range b.addrs {
		_, text, err := ask(ctx, "http://"+addr+floor.LedgerPath+"?count")
		if err != nil {
			return 0, err
		}
		n, err := strconv.Atoi(string(text))
		if err != nil {
			return 0, fmt.Errorf("read ledger of the floor: %w", err)
		}
		sum += n
	}
	return sum, nil
}

// gone returns an error if Temporal or a worker has ended.
func (b *bare) gone() error {
	err := b.server.Gone()
	for _, p := range b.processes {
		err = errors.Join(err, p.Gone())
	}
	return err
}

func (b *bare) ledger(ctx context.Context) ([]floor.Entry, error) {
	var all []floor.Entry
	for _, addr := range b.addrs {
		_, text, err := ask(ctx, "http://"+addr+floor.LedgerPath)
		if err != nil {
			return nil, err
		}
		var entries []floor.Entry
		if err := json.Unmarshal(text, &entries); err != nil {
			return nil, fmt.Errorf("read ledger of the floor: %w", err)
		}
		all = append(all, entries...)
	}
	return all, nil
}

func (b *bare) settle(ctx context.Context) error {
	return b.server.settle(ctx, floor.ChildType, b.taken, b.gone)
}

func (b *bare) temporal() *Server   { return b.server }
func (b *bare) workers() []*Process { return b.processes }
func (b *bare) orderType() string   { return floor.ChildType }

func (b *bare) close() {
	for _, p := range b.processes {
		p.Stop()
	}
	if b.server != nil {
		b.server.close()
	}
}
