package bodies_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest/bodies"
	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest/ledger"
)

// An activation needs more fields than a change that takes value away, and its entity may be a text or a number.
func TestAnUpdateIsRead(t *testing.T) {
	t.Parallel()
	const activation = `{"entityCode": 7, "barcode": "1", "amount": 50, "activationDate": "2026-01-02 03:04:05",
		"country": "IT", "branchCode": "B", "priceList": "P", "currencySymbol": "€", "currency": "EUR"}`
	tests := map[string]struct {
		body     string
		entities []string
		want     ledger.Update
		problems []string
	}{
		"activation": {body: activation, entities: []string{"7"}, want: ledger.Update{
			Barcode: "1", EntityCode: "7", BranchCode: "B", PriceList: "P", Currency: "EUR", Amount: 5000,
			Date: time.Date(2026, time.January, 2, 3, 4, 5, 0, time.UTC),
		}},
		"an entity that is not served": {
			body: `{"entityCode": "8", "barcode": "1", "amount": -1}`, entities: []string{"7"},
			want:     ledger.Update{Barcode: "1", EntityCode: "8", Amount: -100},
			problems: []string{"entityCode is unknown"},
		},
		"value is taken away": {
			body: `{"entityCode": "8", "barcode": "1", "amount": -1.5}`,
			want: ledger.Update{Barcode: "1", EntityCode: "8", Amount: -150},
		},
		"nothing": {body: `{}`, problems: []string{
			"entityCode is required", "barcode is required", "amount must be a number other than zero with at most two decimals",
		}},
		"an activation that says nothing": {
			body: `{"entityCode": "8", "barcode": "1", "amount": 1, "callback": "here"}`,
			want: ledger.Update{Barcode: "1", EntityCode: "8", Amount: 100},
			problems: []string{
				"callback must be a URL", "activationDate must be yyyy-MM-dd HH:mm:ss", "country must be an ISO 3166 code",
				"branchCode is required", "priceList is required", "currencySymbol is required",
				"currency must be an ISO 4217 code",
			},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var body bodies.Update
			require.NoError(t, json.Unmarshal([]byte(tt.body), &body))
			update, problems := body.Read(tt.entities)
			require.Equal(t, tt.want, update)
			require.Equal(t, tt.problems, problems)
		})
	}
}

func TestAWriterHasOneForm(t *testing.T) {
	t.Parallel()
	card := ledger.Card{EntityCode: "7", BranchCode: "B1", Amount: 1050}
	tests := map[string]struct {
		writer                              bodies.Writer
		entity, branch, amount, whatIsAmiss string
	}{
		"published":          {bodies.Writer{}, `7`, `"B1"`, `10.5`, string(ledger.WrongAmount)},
		"texts, and Italian": {bodies.Writer{Italian: true, Texts: true}, `"7"`, `"B1"`, `"10.5"`, "importo non ammesso"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shown := tt.writer.Card(card)
			require.JSONEq(t, tt.entity, string(shown.EntityCode))
			require.JSONEq(t, tt.branch, string(shown.BranchCode))
			require.JSONEq(t, tt.amount, string(shown.Amount))
			require.Equal(t, bodies.Refusal{Message: tt.whatIsAmiss, Payload: "p"},
				tt.writer.Refusal(string(ledger.WrongAmount), "p"))
		})
	}
}
