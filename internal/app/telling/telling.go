// Package telling wires what the rules of messages to customers stand on: the numbering plans, and the texts.
package telling

import (
	"fmt"

	"github.com/giftbridge/giftbridge/internal/messages/composing"
	"github.com/giftbridge/giftbridge/internal/messages/phones"
	"github.com/giftbridge/giftbridge/internal/messages/texts"
)

// Complete returns rules with numbering plans and texts. The texts are those in a folder, and the built-in ones for what it lacks;
// all are built in if the folder is empty. The error names the file that is wrong.
func Complete(r composing.Rules, folder string) (composing.Rules, error) {
	all, err := texts.Load(folder)
	if err != nil {
		return composing.Rules{}, fmt.Errorf("read the texts of messages: %w", err)
	}
	r.Phones, r.Texts = phones.Book{}, all
	return r, nil
}
