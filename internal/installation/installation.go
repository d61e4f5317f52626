package installation

import "github.com/giftbridge/giftbridge/internal/settings"

// Installation is the giftbridge installation in one namespace.
type Installation struct{ *settings.Settings }

// New returns the installation that has the given settings.
func New(s *settings.Settings) *Installation { return &Installation{Settings: s} }
