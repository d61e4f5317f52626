package delivery

import (
	"maps"
	"slices"
	"sync"
	"time"
)

// Ledger is what was sent so far.
type Ledger struct {
	// Topics are counts by topic.
	Topics map[string]Counts `json:"topics"`
	// Troubles are counts by trouble.
	Troubles map[Trouble]Befallen `json:"troubles"`
	// Waiting is the number of deliveries that are neither done nor given up, copies aside.
	Waiting int `json:"waiting"`
	// Unsubscribed are the subscriptions that ended because their retries had all failed.
	Unsubscribed []int64 `json:"unsubscribed"`
	// Last are the last deliveries, oldest first.
	Last []Entry `json:"last"`
}

// Counts are counts of the deliveries of a topic.
type Counts struct {
	// Events is the number of deliveries that should reach the receiver.
	Events int `json:"events"`
	// Requests is the number of requests, with retries and copies. Retries are those among them that were retries.
	Requests int `json:"requests"`
	Retries  int `json:"retries"`
	// Statuses are the requests by status; 0 stands for none, as after a broken connection.
	Statuses map[int]int `json:"statuses"`
	// Delivered, Failed, Lost and Overflow are the deliveries by how they ended: answered with 2xx, given up after all
	// retries, never sent, and never sent because too many waited.
	Delivered int `json:"delivered"`
	Failed    int `json:"failed"`
	Lost      int `json:"lost"`
	Overflow  int `json:"overflow"`
}

// Befallen counts what a trouble befell.
type Befallen struct {
	Deliveries int `json:"deliveries"`
	// Subjects is the number of different orders and products.
	Subjects int `json:"subjects"`
}

// Entry is a request that was sent, or a delivery that was lost.
type Entry struct {
	Webhook string  `json:"webhook_id"`
	Event   string  `json:"event_id"`
	Topic   string  `json:"topic"`
	Subject int64   `json:"subject"`
	URI     string  `json:"uri"`
	Retry   int     `json:"retry"`
	Trouble Trouble `json:"trouble,omitempty"`
	// Stated is the topic in the header, if it is another one.
	Stated string `json:"stated,omitempty"`
	// BodyHash is the SHA-256 hash of what was sent, in hexadecimal, and Size its size in bytes. UpdatedAt is in the body; zero if it
	// is not.
	BodyHash  string    `json:"body_hash,omitempty"`
	Size      int       `json:"size"`
	UpdatedAt time.Time `json:"updated_at,omitzero"`
	// Began is when the request began, and At when it ended.
	Began  time.Time `json:"began"`
	At     time.Time `json:"at"`
	Status int       `json:"status"`
	Error  string    `json:"error,omitempty"`
}

// maxEntries is the number of entries that are kept.
const maxEntries = 10_000

type outcome int

const (
	outcomeDelivered outcome = iota
	outcomeFailed
	outcomeLost
	outcomeOverflow
	outcomeCopy
)

// ledger is the ledger that is being written.
type ledger struct {
	mu       sync.Mutex
	topics   map[string]*Counts
	troubles map[Trouble]*befallen
	waiting  int
	gone     []int64
	entries  []Entry
}

type befallen struct {
	deliveries int
	subjects   map[int64]bool
}

func (l *ledger) reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.topics, l.troubles, l.gone, l.entries = map[string]*Counts{}, map[Trouble]*befallen{}, nil, nil
}

func (l *ledger) of(topic string) *Counts {
	if l.topics[topic] == nil {
		l.topics[topic] = &Counts{Statuses: map[int]int{}}
	}
	return l.topics[topic]
}

func (l *ledger) triggered(d *delivery) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.of(d.Topic).Events++
	l.waiting++
}

func (l *ledger) befell(t Trouble, d *delivery) {
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.troubles[t]
	if b == nil {
		b = &befallen{subjects: map[int64]bool{}}
		l.troubles[t] = b
	}
	b.deliveries++
	b.subjects[d.Subject] = true
}

func (l *ledger) answered(d *delivery, began time.Time, sent sent, status int, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.of(d.Topic)
	c.Requests++
	if d.retries > 0 {
		c.Retries++
	}
	if err != nil {
		status = 0
	}
	c.Statuses[status]++
	e := Entry{
		Webhook: d.webhook, Event: d.ID, Topic: d.Topic, Subject: d.Subject, URI: d.URI, Retry: d.retries, BodyHash: sent.hash, Size: sent.size,
		UpdatedAt: sent.updated, Began: began, At: time.Now(), Status: status,
	}
	if sent.topic != d.Topic {
		e.Stated = sent.topic
	}
	if d.retries == 0 {
		e.Trouble = d.trouble
	}
	if err != nil {
		e.Error = err.Error()
	}
	l.entries = append(l.entries, e)
	if len(l.entries) >= 2*maxEntries {
		l.entries = slices.Clone(l.entries[maxEntries:])
	}
}

func (l *ledger) ended(d *delivery, how outcome) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.of(d.Topic)
	if d.alone {
		return
	}
	l.waiting--
	switch how {
	case outcomeDelivered:
		c.Delivered++
	case outcomeFailed:
		c.Failed++
	case outcomeLost:
		c.Lost++
	case outcomeOverflow:
		c.Overflow++
	case outcomeCopy:
	}
}

func (l *ledger) unsubscribed(d *delivery) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.gone = append(l.gone, d.Subscription)
}

// Ledger returns what was sent so far.
func (s *Sender) Ledger() Ledger {
	l := &s.ledger
	l.mu.Lock()
	defer l.mu.Unlock()
	out := Ledger{
		Topics: map[string]Counts{}, Troubles: map[Trouble]Befallen{}, Waiting: l.waiting,
		Unsubscribed: slices.Clone(l.gone), Last: slices.Clone(l.entries[max(0, len(l.entries)-maxEntries):]),
	}
	for topic, c := range l.topics {
		copied := *c
		copied.Statuses = maps.Clone(c.Statuses)
		out.Topics[topic] = copied
	}
	for t, b := range l.troubles {
		out.Troubles[t] = Befallen{Deliveries: b.deliveries, Subjects: len(b.subjects)}
	}
	return out
}

// ResetLedger forgets what was sent. What still waits stays counted as waiting.
func (s *Sender) ResetLedger() { s.ledger.reset() }
