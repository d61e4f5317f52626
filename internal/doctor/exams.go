package doctor

// The names of the checks. They must not change, because monitors read them.
const (
	Configuration    = "configuration"
	PayloadKeys      = "payload keys"
	Temporal         = "temporal"
	Namespace        = "namespace"
	Retention        = "retention"
	SearchAttributes = "search attributes"
	PollSchedule     = "poll schedule"
	DigestSchedule   = "digest schedule"
	StoredPayloads   = "stored payloads"
	WorkerVersion    = "worker version"
	Workers          = "workers"
	Shopify          = "shopify"
	ShopifyVersion   = "shopify api version"
	ShopifyScopes    = "shopify scopes"
	ShopifyOrders    = "shopify orders"
	GiftCardSKUs     = "gift card skus"
	Identity         = "identity"
	Clock            = "clock"
	CashStar         = "cashstar"
	Merchants        = "merchants"
	MailServer       = "mail server"
)

// exams lists all checks except the configuration's, in the order of the report.
var exams = []exam{
	{name: PayloadKeys, reads: []string{"PAYLOAD_"}, do: (*examination).payloadKeys},
	{name: Temporal, do: (*examination).temporal},
	{name: Namespace, needs: []string{Temporal}, do: (*examination).namespace},
	{
		name: Retention, needs: []string{Namespace}, reads: []string{"MAX_ORDER_AGE"},
		do: (*examination).retentionCheck,
	},
	{name: SearchAttributes, needs: []string{Namespace}, do: (*examination).searchAttributes},
	{
		name: StoredPayloads, needs: []string{Namespace, PayloadKeys}, reads: []string{"PAYLOAD_"},
		do: (*examination).storedPayloads,
	},
	{
		name: PollSchedule, needs: []string{Namespace, StoredPayloads},
		reads: []string{
			"POLL_", "GIFT_CARD_SKUS", "CREATED_AT_MIN", "MAX_ORDER_AGE", "INCLUDE_TEST_ORDERS", "AUDIT_PREFIX",
			"RETRY_BUDGET", "CASHSTAR_MAX_RPS", "PAYLOAD_",
		},
		do: (*examination).pollSchedule,
	},
	{
		name: DigestSchedule, needs: []string{Namespace, StoredPayloads},
		reads: []string{"DIGEST_", "SMTP_HOST", "PAYLOAD_"}, do: (*examination).digestSchedule,
	},
	{
		name: WorkerVersion, needs: []string{Namespace}, reads: []string{"WORKER_"},
		do: (*examination).workerVersion,
	},
	{
		name: Workers, needs: []string{Namespace, WorkerVersion}, reads: []string{"WORKER_"},
		do: (*examination).workers,
	},
	{name: Shopify, reads: []string{"SHOPIFY_", "PLAIN_HTTP_HOSTS"}, do: (*examination).shopify},
	{name: ShopifyVersion, needs: []string{Shopify}, do: (*examination).shopifyVersion},
	{name: ShopifyScopes, needs: []string{Shopify}, reads: []string{"MAX_ORDER_AGE"}, do: (*examination).shopifyScopes},
	{name: ShopifyOrders, needs: []string{ShopifyVersion, ShopifyScopes}, do: (*examination).shopifyOrders},
	{
		name: GiftCardSKUs, needs: []string{ShopifyVersion, ShopifyScopes}, reads: []string{"GIFT_CARD_SKUS"},
		do: (*examination).giftCardSKUs,
	},
	{
		name: Identity, needs: []string{Namespace, StoredPayloads, Shopify},
		reads: []string{"SHOPIFY_SHOP", "AUDIT_PREFIX", "ISSUER_DEDUPES", "PAYLOAD_"}, do: (*examination).identity,
	},
	{name: Clock, needs: []string{Shopify}, do: (*examination).clock},
	{name: CashStar, reads: []string{"CASHSTAR_", "PLAIN_HTTP_HOSTS"}, do: (*examination).cashStar},
	{name: Merchants, needs: []string{CashStar}, reads: []string{"MERCHANT_CODE"}, do: (*examination).merchantList},
	{name: MailServer, reads: []string{"SMTP_"}, do: (*examination).mailServer},
}
