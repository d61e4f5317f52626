package config

// CardIDKey returns the key that makes the IDs of cards' codes, of whatever issuer; empty if none is set.
func (c Config) CardIDKey() []byte { return []byte(c.FourWayShop.CardIDKey.Reveal()) }
