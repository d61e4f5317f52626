package digest

import "time"

// Making are the cards that an issuer makes later, and about which somebody should know.
type Making struct {
	// Waiting is the number of all cards that wait for their issuer.
	Waiting int `json:"waiting,omitempty"`
	// Long are the cards that have waited for more than an hour, and Suspicious those of which the issuer's answers contradict
	// each other.
	Long       []MadeCard `json:"long,omitempty"`
	Suspicious []MadeCard `json:"suspicious,omitempty"`
}

// MadeCard is a card of an order that an issuer makes later.
type MadeCard struct {
	// Name is what people call the order.
	Name    string `json:"name"`
	OrderID string `json:"order_id,omitempty"`
	// Unit counts the cards of the order from 1; 0 if it is not known.
	Unit  int       `json:"unit,omitempty"`
	Since time.Time `json:"since"`
	// ShopLink leads to the order in Shopify's admin, and Link to the card's page in the Web UI.
	ShopLink string `json:"shop_link,omitempty"`
	Link     string `json:"link,omitempty"`
}

// Empty reports whether there is nothing that somebody should know.
func (m Making) Empty() bool { return len(m.Long)+len(m.Suspicious) == 0 }
