package installation

import (
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/settings"
)

// Installation is the giftbridge installation in one namespace.
type Installation struct {
	*settings.Settings
	cfg config.Config
}

// New returns an installation that should match the given configuration.
func New(s *settings.Settings, cfg config.Config) *Installation {
	return &Installation{Settings: s, cfg: cfg}
}
