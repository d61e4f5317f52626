package child

import (
	"context"
	"net/http"
	"time"
)

const (
	// answerEvery is the pause between two requests, answerTimeout the time-out of one.
	answerEvery   = 20 * time.Millisecond
	answerTimeout = 10 * time.Second
)

// AwaitAnswer waits until the process answers requests for a URL with 200.
func (p *Process) AwaitAnswer(ctx context.Context, url string) error {
	ask := time.NewTicker(answerEvery)
	defer ask.Stop()
	client := http.Client{Timeout: answerTimeout, Transport: &http.Transport{DisableKeepAlives: true}}
	for {
		if err := p.Gone(); err != nil {
			return err
		}
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
		if err != nil {
			return err
		}
		if answer, err := client.Do(request); err == nil {
			_ = answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-ask.C:
		}
	}
}
