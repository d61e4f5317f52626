package digestmail

import (
	"fmt"

	"github.com/giftbridge/giftbridge/internal/digest"
	"github.com/giftbridge/giftbridge/internal/digest/besides"
	"github.com/giftbridge/giftbridge/internal/digest/words"
)

// addMaking adds the cards that an issuer makes later and of which somebody should know.
func (v *viewer) addMaking(add func(digest.Party, groupView, words.Sum)) {
	if len(v.Making.Long) > 0 {
		add(besides.LongMaking.Who, v.makingGroup(besides.LongMaking, v.Making.Long), words.Sum{})
	}
	if len(v.Making.Suspicious) > 0 {
		add(besides.Suspicious.Who, v.makingGroup(besides.Suspicious, v.Making.Suspicious), words.Sum{})
	}
}

// makingGroup returns cards that an issuer makes later. No sum includes them: their orders have not failed.
func (v *viewer) makingGroup(e digest.Explanation, cards []digest.MadeCard) groupView {
	g := groupView{Title: e.Title, Says: e.Says, Sum: words.Count(len(cards), "card"), About: "The card"}
	if e == besides.LongMaking && v.Making.Waiting > len(cards) {
		g.Sum += fmt.Sprintf(", of %d that wait for their issuer", v.Making.Waiting)
	}
	v.rows(&g, len(cards), 0, func(i int) rowView {
		c := cards[i]
		row := rowView{
			Name: words.Order(c.Name, c.OrderID), Link: words.Link(c.ShopLink), When: "requested " + v.say.Moment(c.Since),
		}
		if c.Unit > 0 {
			row.Message = fmt.Sprintf("card %d", c.Unit)
		}
		return row
	})
	return g
}
