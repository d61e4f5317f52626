package jobs

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"time"
)

// post sends a callback, without waiting for it.
func (q *Queue) post(r *Record, address string, body []byte, forged bool, tries int) {
	if address == "" {
		return
	}
	q.run(func() {
		if !q.call(q.ctx, r, address, body, forged) && tries > 1 {
			again := q.opts.Clock.Now().Add(q.opts.Pause)
			q.at(again, func() { q.post(r, address, body, forged, tries-1) })
		}
	})
}

// call sends a callback once. It reports whether the status was 2xx.
func (q *Queue) call(ctx context.Context, r *Record, address string, body []byte, forged bool) bool {
	if address == "" {
		return true
	}
	a := Attempt{At: q.opts.Clock.Now(), Forged: forged}
	defer func() { q.record(r, a) }()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return false
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := q.opts.Client.Do(req)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	const most = 64 << 10
	_, _ = io.CopyN(io.Discard, resp.Body, most) // The connection can be used again.
	a.Status = resp.StatusCode
	return resp.StatusCode/100 == 2
}

func (q *Queue) record(r *Record, a Attempt) {
	q.mu.Lock()
	defer q.mu.Unlock()
	r.Callbacks = append(r.Callbacks, a)
}

// event is something that happens at a time.
type event struct {
	due    time.Time
	number int
	do     func()
}

// events is a heap of events, of which the first is due first.
type events []event

// Len implements [heap.Interface].
func (e events) Len() int { return len(e) }

// Less implements [heap.Interface].
func (e events) Less(i, j int) bool {
	if !e[i].due.Equal(e[j].due) {
		return e[i].due.Before(e[j].due)
	}
	return e[i].number < e[j].number
}

// Swap implements [heap.Interface].
func (e events) Swap(i, j int) { e[i], e[j] = e[j], e[i] }

// Push implements [heap.Interface].
func (e *events) Push(x any) {
	if one, ok := x.(event); ok {
		*e = append(*e, one)
	}
}

// Pop implements [heap.Interface].
func (e *events) Pop() any {
	n := len(*e) - 1
	one := (*e)[n]
	(*e)[n] = event{}
	*e = (*e)[:n]
	return one
}
