package site

import (
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/sonar/sonartest"
)

func (s Site) messagesToken() string { return s.Name + "-messages-token" }

// NewSonar returns the site's account at the service that brings messages to phones.
func (s Site) NewSonar(o sonartest.Options) *sonartest.Server {
	o.Token = s.messagesToken()
	return sonartest.New(o)
}

// Tell adds an account at the service that brings messages to phones to a configuration: all kinds of messages are sent, at any hour.
func (s Site) Tell(c *config.Config, address string) {
	c.Sonar.Token, c.Sonar.URL = config.NewSecret(s.messagesToken()), address
	c.Messages.Kinds = config.List{"receipt", "shipment", "update", "in-stock"}
	c.Messages.ShopName, c.Messages.ShopURL = s.Name, "https://"+s.Shop()
	c.Messages.Quiet.Until = c.Messages.Quiet.From
}
