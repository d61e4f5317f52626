package stack

import (
	"context"
	"crypto/rand"
	"fmt"
	"net"

	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/config/links"
	"github.com/giftbridge/giftbridge/sandbox/internal/site"
)

// configureLinks configures links in the digest, and returns the listener on which the pages behind them are to be served.
func (s *Stack) configureLinks(ctx context.Context) (net.Listener, error) {
	pages, err := site.Listen(ctx, 0)
	if err != nil {
		return nil, fmt.Errorf("start the pages of links: %w", err)
	}
	s.closers = append(s.closers, pages)
	s.Config.Receiver.URL = site.URL(pages)
	s.Config.Links.Keys = links.SigningKeys{{ID: "sandbox", Secret: config.NewSecret(rand.Text() + rand.Text())}}
	return pages, nil
}
