package webhooks

import (
	"context"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/giftbridge/giftbridge/sandbox/internal/site"
)

// balancer passes connections on to the receivers in turn, and to another one if one is down.
type balancer struct {
	to   []string
	next atomic.Uint64
}

// Balance listens on an address until ctx ends, and passes connections on to receivers on ports of this machine, as a
// load balancer does. What it starts is added to running.
func Balance(ctx context.Context, address string, ports []int, running *sync.WaitGroup) error {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return err
	}
	b := &balancer{}
	for _, p := range ports {
		b.to = append(b.to, site.Loopback(p))
	}
	context.AfterFunc(ctx, func() { _ = l.Close() })
	running.Go(func() {
		for {
			from, err := l.Accept()
			if err != nil {
				return
			}
			running.Go(func() { b.pass(ctx, from) })
		}
	})
	return nil
}

// balancerTimeout limits the time to connect to a receiver.
const balancerTimeout = time.Second

// pass passes a connection on until either side ends it.
func (b *balancer) pass(ctx context.Context, from net.Conn) {
	defer func() { _ = from.Close() }()
	dialer := net.Dialer{Timeout: balancerTimeout}
	for range b.to {
		to, err := dialer.DialContext(ctx, "tcp", b.to[b.next.Add(1)%uint64(len(b.to))])
		if err != nil {
			continue
		}
		shut := sync.OnceFunc(func() {
			_ = from.Close()
			_ = to.Close()
		})
		defer context.AfterFunc(ctx, shut)()
		defer shut()
		var there sync.WaitGroup
		there.Go(func() {
			defer shut()
			_, _ = io.Copy(to, from)
		})
		_, _ = io.Copy(from, to)
		shut()
		there.Wait()
		return
	}
}
