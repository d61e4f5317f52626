package workflows

import "time"

// UnannouncedOrders are orders that a poll has found first though webhooks are on: no webhook had announced them a minute
// after their last change, or the receiver had lost them.
type UnannouncedOrders struct {
	// Polled is the number of those that this poll has found.
	Polled int `json:"polled,omitempty"`
	// Orders is the number of those that polls have found since From, with less than a day between any two. Last is when
	// the last of them was found, and Names holds the newest, at most ten.
	Orders int       `json:"orders"`
	From   time.Time `json:"from"`
	Last   time.Time `json:"last"`
	Names  []string  `json:"names,omitempty"`
}

const (
	// tellUnannounced is how long polls report unannounced orders.
	tellUnannounced = 24 * time.Hour
	// maxUnannounced bounds the names of unannounced orders.
	maxUnannounced = 10
)

// at returns what a poll takes over from the poll before: u while it should still be reported, then nil.
func (u *UnannouncedOrders) at(now time.Time) *UnannouncedOrders {
	if u == nil || now.Sub(u.Last) >= tellUnannounced {
		return nil
	}
	taken := *u
	taken.Polled = 0
	return &taken
}

// and returns u with another order.
func (u *UnannouncedOrders) and(now time.Time, name string) *UnannouncedOrders {
	if u == nil {
		u = &UnannouncedOrders{From: now}
	}
	u.Polled++
	u.Orders++
	u.Last = now
	u.Names = append(u.Names, name)
	u.Names = u.Names[max(0, len(u.Names)-maxUnannounced):]
	return u
}
