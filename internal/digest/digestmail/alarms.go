package digestmail

import (
	"github.com/giftbridge/giftbridge/internal/buildinfo"
	"github.com/giftbridge/giftbridge/internal/digest"
	"github.com/giftbridge/giftbridge/internal/digest/todo"
	"github.com/giftbridge/giftbridge/internal/digest/words"
	"github.com/giftbridge/giftbridge/internal/giftcard"
)

// alarms returns what comes before everything else.
func (v *viewer) alarms() []alarmView {
	var out []alarmView
	if n := v.CountNative(); n > 0 {
		g, _ := v.leftGroup(groupView{}, v.LeftFor(giftcard.NativeGiftCard), v.Native, n)
		out = append(out, alarmView{Title: digest.Native.Title, Says: digest.Native.Says, Orders: &g})
	}
	if a := v.contradicted(); a != nil {
		out = append(out, *a)
	}
	if v.Refused != "" {
		out = append(out, alarmView{
			Title: "The last digest did not reach all recipients",
			Says:  words.Message(v.Refused) + ". Correct DIGEST_TO, or ask the operator of the mail server.",
		})
	}
	if v.Paused != nil {
		out = append(out, alarmView{
			Title: "Paused: new orders are not taken in", Says: v.say.Pause(*v.Paused, v.Watermark),
			Todos: []todo.Item{{Label: "Nothing else ends the pause. Once its reason is gone, to take in orders again:", Command: buildinfo.Program + " resume"}},
		})
	}
	if says := v.say.Missed(v.Missed); says != "" {
		out = append(out, alarmView{Title: "Orders were missed", Says: says})
	}
	// The alarm about a pause says how far orders have been seen, but not what else is wrong.
	if v.Watermark.Stale && (v.Paused == nil || v.Polling != nil) {
		says := v.say.Watermark(v.Watermark)
		if now := v.say.Polling(v.Polling); now != "" {
			says += " " + now
		}
		out = append(out, alarmView{Title: "New orders are not seen", Says: says})
	}
	return out
}
