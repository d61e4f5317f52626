package bench

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/sandbox/internal/floor"
	"github.com/giftbridge/giftbridge/sandbox/internal/rig"
)

// bare is the bare engine; it implements contender.
type bare struct {
	*rig.Server
	process *rig.Process
	addr    string
	taken   int
}

func (p *Programs) openFloor(ctx context.Context, sdkDefaults bool) (_ contender, err error) {
	b := &bare{}
	defer func() {
		if err != nil {
			b.close()
		}
	}()
	if b.Server, err = p.rig.OpenServer(ctx, rig.ServerOptions{}); err != nil {
		return nil, err
	}
	b.process, b.addr, err = p.rig.StartFloor(ctx, "floor", "--temporal", b.Options.HostPort, "--namespace", b.Options.Namespace,
		"--sdk-defaults="+strconv.FormatBool(sdkDefaults))
	return b, err
}

// take implements contender. The floor has no window in which it could find orders again.
func (b *bare) take(ctx context.Context, n int, _ bool) (intake, error) {
	from := b.taken
	b.taken += n
	parent, err := b.Client.ExecuteWorkflow(ctx,
		client.StartWorkflowOptions{ID: fmt.Sprintf("parent/%d", from), TaskQueue: floor.TaskQueue},
		floor.ParentType, floor.ParentInput{From: from, To: b.taken})
	if err != nil {
		return intake{}, fmt.Errorf("start parent: %w", err)
	}
	err = rig.Until(ctx, awaitEvery, func() (bool, error) {
		if err := b.gone(); err != nil {
			return false, err
		}
		var done int
		err := b.ledger(ctx, "?count", &done)
		return done >= b.taken, err
	})
	if err != nil {
		return intake{}, err
	}
	var entries []floor.Entry
	if err := b.ledger(ctx, "", &entries); err != nil {
		return intake{}, err
	}
	out := intake{workflowID: parent.GetID(), runID: parent.GetRunID()}
	for _, e := range entries {
		if e.Number >= from {
			out.issued = append(out.issued, e.At)
		}
	}
	if len(out.issued) != n || len(entries) != b.taken {
		return intake{}, fmt.Errorf("%d of %d children are in the ledger, in %d entries", len(out.issued), n, len(entries))
	}
	return out, nil
}

// ledger reads the ledger.
func (b *bare) ledger(ctx context.Context, query string, into any) error {
	if err := rig.ReadJSON(ctx, "http://"+b.addr+floor.LedgerPath+query, into); err != nil {
		return fmt.Errorf("read ledger of the floor: %w", err)
	}
	return nil
}

// gone returns an error if Temporal or the worker has ended.
func (b *bare) gone() error { return errors.Join(b.Gone(), b.process.Gone()) }

func (b *bare) settle(ctx context.Context) error {
	return b.Settle(ctx, floor.ChildType, b.taken, b.gone)
}

func (b *bare) temporal() *rig.Server { return b.Server }
func (b *bare) worker() *rig.Process  { return b.process }

func (b *bare) close() {
	if b.process != nil {
		b.process.Stop()
	}
	if b.Server != nil {
		b.Close()
	}
}
