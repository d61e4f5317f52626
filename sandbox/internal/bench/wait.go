package bench

import (
	"context"
	"io"
	"net/http"
	"time"
)

const (
	// awaitEvery is the pause between two checks whether all cards are issued. The ledgers record when they were issued,
	// so the pause may be long enough to cost next to nothing.
	awaitEvery = 500 * time.Millisecond
	// settleEvery is the pause between two checks whether all workflows are done.
	settleEvery = 100 * time.Millisecond
	// readyTimeout is the time-out of the start of a process.
	readyTimeout = time.Minute
)

// until calls holds at an interval, until it returns true or an error or ctx ends.
func until(ctx context.Context, every time.Duration, holds func() (bool, error)) error {
	look := time.NewTicker(every)
	defer look.Stop()
	for {
		ok, err := holds()
		if ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-look.C:
		}
	}
}

// wait waits for d, or until ctx ends.
func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// ask gets a page from a process on this machine.
func ask(ctx context.Context, url string) (int, []byte, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return 0, nil, err
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	return answer.StatusCode, text, err
}

// awaitReady waits until the process answers at /readyz with 200.
func awaitReady(ctx context.Context, p *Process, addr string) error {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	look := time.NewTicker(readyEvery)
	defer look.Stop()
	for {
		if err := p.Gone(); err != nil {
			return err
		}
		if status, _, err := ask(ctx, "http://"+addr+"/readyz"); err == nil && status == http.StatusOK {
			return nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-look.C:
		}
	}
}

// readyEvery is the pause between two checks whether a process is ready. It is short, because the time until then is
// measured.
const readyEvery = 5 * time.Millisecond
