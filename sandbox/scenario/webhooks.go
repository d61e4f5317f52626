package scenario

import "github.com/giftbridge/giftbridge/internal/shopify/shopifytest/delivery"

// WebhookSpeed makes an hour at Shopify last a second: retries and late deliveries come while somebody is watching.
const WebhookSpeed = 3600

// WebhookTroubles returns what befalls deliveries on a bad day: more than every third has trouble, and every eighth is
// lost. The poll finds what was lost.
func WebhookTroubles() []delivery.Share {
	shares := []delivery.Share{{Trouble: delivery.Lost, Share: 0.12}}
	for _, t := range delivery.Troubles {
		if t != delivery.Lost {
			shares = append(shares, delivery.Share{Trouble: t, Share: 0.03})
		}
	}
	return shares
}
