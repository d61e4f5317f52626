package words

import (
	"strings"
)

// Order returns what people call an order.
func Order(name, id string) string {
	if name = Name(name); name != "" {
		return name
	}
	return "order " + Name(id)
}

// WithoutName returns a message without the name of its order at the beginning, which stands beside it.
func WithoutName(message, name string) string {
	if rest, ok := strings.CutPrefix(message, "order "+Name(name)+", "); ok {
		return rest
	}
	return message
}
