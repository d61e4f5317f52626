package digest

import (
	"time"

	"github.com/giftbridge/giftbridge/internal/giftcard"
)

// Report is the content of a digest. Every list may be truncated; its total then says how long it was. A total that is
// less than the list's length, such as 0, is ignored.
type Report struct {
	// Date is when the report was made. Its day in TimeZone is the digest's day.
	Date time.Time `json:"date"`
	// TimeZone is the IANA name of the zone in which times are shown; empty means UTC. It is a separate field because
	// JSON keeps only a time's offset, and offsets change during the year.
	TimeZone  string `json:"time_zone,omitempty"`
	Shop      string `json:"shop"`
	Namespace string `json:"namespace"`
	// Window is the time since the last digest.
	Window Window `json:"window"`
	// Reruns reports whether failed orders are run again before each digest.
	Reruns bool `json:"reruns,omitempty"`

	// FailedOrders are all orders that are currently failed, in display order.
	FailedOrders []FailedOrder `json:"failed_orders,omitempty"`
	FailedTotal  int           `json:"failed_total,omitempty"`
	// FailedNew is how many of FailedTotal are new.
	FailedNew int `json:"failed_new,omitempty"`
	// Recovered are the orders that had failed and succeeded when they were rerun.
	Recovered      []RecoveredOrder `json:"recovered,omitempty"`
	RecoveredTotal int              `json:"recovered_total,omitempty"`
	// Retrying are the orders that have been running for more than an hour.
	Retrying      []RetryingOrder `json:"retrying,omitempty"`
	RetryingTotal int             `json:"retrying_total,omitempty"`
	// FailedPolls are the polls that failed in the window.
	FailedPolls      []FailedPoll `json:"failed_polls,omitempty"`
	FailedPollsTotal int          `json:"failed_polls_total,omitempty"`
	// Polling is the poll that keeps failing at the moment; nil if there is none.
	Polling   *RetriedPoll `json:"polling,omitempty"`
	Watermark Watermark    `json:"watermark"`
	// Paused is the pause during which no new orders are taken in; nil if there is none.
	Paused *Pause `json:"paused,omitempty"`
	// Missed is the creation window of orders that no poll has looked at and no scheduled poll will.
	Missed Window `json:"missed,omitzero"`

	// Left are the orders that were left to people in the window.
	Left []LeftOrder `json:"left,omitempty"`
	// LeftBefore is how many orders were left to people before the window, as far as Temporal still has them.
	LeftBefore int `json:"left_before,omitempty"`
	// Disputed are the issued orders whose payment is disputed, as far as the dispute is not won.
	Disputed []DisputedOrder `json:"disputed,omitempty"`
	// Mixed are the names of orders with other items that workers of earlier releases left out. MixedTotal also counts
	// those in Left.
	Mixed      []string `json:"mixed,omitempty"`
	MixedTotal int      `json:"mixed_total,omitempty"`
	// Native are the names of orders that workers of earlier releases left out because Shopify itself issues a gift
	// card for their product. NativeTotal also counts those in Left.
	Native      []string `json:"native,omitempty"`
	NativeTotal int      `json:"native_total,omitempty"`

	// Changed are the orders of which more cards exist than are owed, and those of which that could not be found out or put
	// right. They stay listed until the cards are cancelled or a person settles them.
	Changed []ChangedOrder `json:"changed,omitempty"`

	// Watch is what a look at the shop has found, besides its orders.
	Watch Watch `json:"watch,omitzero"`
	// Later are the orders whose cards are asked for later; nil if there are none.
	Later *Later `json:"later,omitempty"`

	// Making are the cards that their issuers make later, as far as somebody should know of them.
	Making Making `json:"making,omitzero"`

	// Redeeming are the amounts taken off cards at checkouts, as far as somebody should know of them.
	Redeeming Redeeming `json:"redeeming,omitzero"`

	// Unsent are the messages to customers that could not be sent.
	Unsent Unsent `json:"unsent,omitzero"`

	// Relaying are the shop's events for another system, as far as somebody should know of them.
	Relaying Relaying `json:"relaying,omitzero"`

	// Refused says why the last digest did not reach every recipient; empty if it did.
	Refused string `json:"refused,omitempty"`

	// Issued counts what was issued in the window.
	Issued Issued `json:"issued"`
}

// Window is the time from From until before To.
type Window struct {
	From time.Time `json:"from,omitzero"`
	To   time.Time `json:"to,omitzero"`
}

// Worth is a number of gift cards and their value. Cards is 0 if the number is not known. Amount, with two decimals, and
// Currency are empty if the value is not known.
type Worth struct {
	Cards    int    `json:"cards,omitempty"`
	Amount   string `json:"amount,omitempty"`
	Currency string `json:"currency,omitempty"`
}

// Run names one run of an order. Both fields are empty if it is not known.
type Run struct {
	WorkflowID string `json:"workflow_id"`
	RunID      string `json:"run_id"`
}

// FailedOrder is an order whose newest run failed.
type FailedOrder struct {
	// Name is what people call the order: "#1001".
	Name    string        `json:"name"`
	OrderID string        `json:"order_id"`
	Kind    giftcard.Kind `json:"kind"`
	// Worth is what the customer has paid for and does not have yet.
	Worth
	// Message is for a support person.
	Message  string    `json:"message"`
	Attempts int       `json:"attempts,omitempty"`
	FailedAt time.Time `json:"failed_at"`
	// New reports whether the order failed in the window.
	New bool `json:"new,omitempty"`
	// Age is the time since FailedAt.
	Age time.Duration `json:"age"`
	// ExpiresAt is when the run's history is deleted, after which the order cannot be run again. Zero means unknown.
	ExpiresAt time.Time `json:"expires_at,omitzero"`
	// AuditNumbers are the audit numbers of the failed cards, by which they are looked up at the issuer.
	AuditNumbers []string `json:"audit_numbers,omitempty"`
	// ShopLink leads to the order in Shopify's admin.
	ShopLink string `json:"shop_link,omitempty"`
	// Link leads to the run in the Web UI.
	Link string `json:"link,omitempty"`
	// Command is the command for the order, see [Command].
	Command string       `json:"command,omitempty"`
	Rerun   RerunOutcome `json:"rerun,omitempty"`
	// Run is the run that failed. RunsAgain reports whether the order is run again if somebody asks for it.
	Run       Run  `json:"run,omitzero"`
	RunsAgain bool `json:"runs_again,omitempty"`
}

// LeftOrder is an order that is left to people.
type LeftOrder struct {
	// Name is what people call the order.
	Name    string          `json:"name"`
	OrderID string          `json:"order_id"`
	Reason  giftcard.Reason `json:"reason"`
	// Cards is the number of the order's gift cards. Amount, with two decimals, and Currency are their value; empty if
	// the order's prices are invalid.
	Cards    int    `json:"cards"`
	Amount   string `json:"amount,omitempty"`
	Currency string `json:"currency,omitempty"`
	// Link leads to the order in Shopify's admin.
	Link string `json:"link,omitempty"`
	// Run is the run that records that the order is left to people.
	Run Run `json:"run,omitzero"`
}

// RerunOutcome is the outcome of rerunning a failed order for this digest.
type RerunOutcome string

// The outcomes. Orders that recovered are in [Report].Recovered.
const (
	// NotTried: the order was not run again.
	NotTried RerunOutcome = ""
	// FailedAgain: the order was run again and failed again.
	FailedAgain RerunOutcome = "failed_again"
	// StillRunning: the order was run again and had not finished when the report was made.
	StillRunning RerunOutcome = "still_running"
)

// RecoveredOrder is an order that had failed and no longer does.
type RecoveredOrder struct {
	Name    string `json:"name"`
	OrderID string `json:"order_id"`
	// Kind is why it had failed.
	Kind giftcard.Kind `json:"kind"`
	// Worth is what all its cards are worth.
	Worth
	// ShopLink leads to the order in Shopify's admin, and Link to the run in the Web UI.
	ShopLink string `json:"shop_link,omitempty"`
	Link     string `json:"link,omitempty"`
}

// RetryingOrder is an order that is being retried.
type RetryingOrder struct {
	Name    string `json:"name"`
	OrderID string `json:"order_id"`
	// Activity is the type of the activity that keeps failing.
	Activity string        `json:"activity"`
	Attempt  int           `json:"attempt,omitempty"`
	Since    time.Time     `json:"since"`
	Kind     giftcard.Kind `json:"kind,omitempty"`
	Message  string        `json:"message,omitempty"`
	// Worth is what all its cards are worth, including those that exist already.
	Worth
	// ShopLink leads to the order in Shopify's admin, and Link to the run in the Web UI.
	ShopLink string `json:"shop_link,omitempty"`
	Link     string `json:"link,omitempty"`
}

// FailedPoll is a run of the poll that failed.
type FailedPoll struct {
	At      time.Time     `json:"at"`
	Kind    giftcard.Kind `json:"kind"`
	Message string        `json:"message"`
	Link    string        `json:"link,omitempty"`
}

// RetriedPoll is a running poll that keeps failing.
type RetriedPoll struct {
	Since   time.Time     `json:"since"`
	Attempt int           `json:"attempt,omitempty"`
	Kind    giftcard.Kind `json:"kind,omitempty"`
	Message string        `json:"message,omitempty"`
}

// Watermark is the time up to which orders have been seen.
type Watermark struct {
	// At is zero if no poll has succeeded yet.
	At time.Time `json:"at,omitzero"`
	// Stale reports whether the watermark lags too far behind: orders may be waiting unseen.
	Stale bool          `json:"stale,omitempty"`
	Age   time.Duration `json:"age,omitempty"`
}

// Pause is a time in which no new orders are taken in, because a person has asked for that. Every field may be empty.
type Pause struct {
	// Reason and By say why, and who paused it.
	Reason string    `json:"reason,omitempty"`
	By     string    `json:"by,omitempty"`
	At     time.Time `json:"at,omitzero"`
	// Until is when it is meant to end. Only a person ends it.
	Until time.Time `json:"until,omitzero"`
}

// Issued counts what was issued.
type Issued struct {
	Orders     int             `json:"orders"`
	Cards      int             `json:"cards"`
	Currencies []CurrencyTotal `json:"currencies,omitempty"`
}

// CurrencyTotal is what was issued in one currency.
type CurrencyTotal struct {
	// Currency is the ISO 4217 code.
	Currency string `json:"currency"`
	Cards    int    `json:"cards"`
	// Amount has two decimals: "150.00".
	Amount string `json:"amount"`
}

// Empty reports whether there is nothing to report. Cards that were issued, or will be later, do not warrant a mail.
func (r Report) Empty() bool {
	return r.CountFailed() == 0 && r.CountRecovered() == 0 && r.CountRetrying() == 0 && r.CountFailedPolls() == 0 &&
		!r.Watermark.Stale && r.Paused == nil && r.Missed.To.IsZero() && r.CountLeft() == 0 && len(r.Changed) == 0 &&
		len(r.Disputed) == 0 && r.Watch.Empty() && r.Making.Empty() && r.Redeeming.Empty() && r.Unsent.Count() == 0 &&
		r.Relaying.Empty() && r.Refused == ""
}

// CountFailed returns the number of failed orders.
func (r Report) CountFailed() int { return max(r.FailedTotal, len(r.FailedOrders)) }

// CountNew returns the number of failed orders that are new.
func (r Report) CountNew() int {
	n := 0
	for _, o := range r.FailedOrders {
		if o.New {
			n++
		}
	}
	return max(r.FailedNew, n)
}

// CountRecovered returns the number of orders that had failed and succeeded when they were rerun.
func (r Report) CountRecovered() int { return max(r.RecoveredTotal, len(r.Recovered)) }

// CountRetrying returns the number of orders that are being retried.
func (r Report) CountRetrying() int { return max(r.RetryingTotal, len(r.Retrying)) }

// CountFailedPolls returns the number of polls that failed.
func (r Report) CountFailedPolls() int { return max(r.FailedPollsTotal, len(r.FailedPolls)) }

// CountMixed returns the number of orders with other items.
func (r Report) CountMixed() int {
	return max(r.MixedTotal, len(r.Mixed)+len(r.LeftFor(giftcard.MixedOrder)))
}

// CountNative returns the number of orders of native gift cards.
func (r Report) CountNative() int {
	return max(r.NativeTotal, len(r.Native)+len(r.LeftFor(giftcard.NativeGiftCard)))
}

// CountLeft returns the number of orders that are left to people.
func (r Report) CountLeft() int {
	others := len(r.Left) - len(r.LeftFor(giftcard.MixedOrder)) - len(r.LeftFor(giftcard.NativeGiftCard))
	return r.CountMixed() + r.CountNative() + others
}

// LeftFor returns the orders in Left that are left to people for the given reason.
func (r Report) LeftFor(reason giftcard.Reason) []LeftOrder {
	var out []LeftOrder
	for _, o := range r.Left {
		if o.Reason == reason {
			out = append(out, o)
		}
	}
	return out
}

// Expiring returns the number of failed orders that can be run again only for a short time.
func (r Report) Expiring() int {
	n := 0
	for _, o := range r.FailedOrders {
		if o.ExpiresSoon(r.Date) {
			n++
		}
	}
	return n
}

// soon is how long before it is too late to run an order again the digest warns.
const soon = 72 * time.Hour

// ExpiresSoon reports whether the time in which the order can be run again is nearly over, or over.
func (o FailedOrder) ExpiresSoon(now time.Time) bool {
	return !o.ExpiresAt.IsZero() && o.ExpiresAt.Sub(now) < soon
}

// Worth is what the order's cards are worth.
func (o LeftOrder) Worth() Worth {
	return Worth{Cards: o.Cards, Amount: o.Amount, Currency: o.Currency}
}
