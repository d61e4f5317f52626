package config

// reference is the documentation of a variable.
type reference struct {
	want  string // The form of a valid value; follows "need" in a problem.
	about string // What the variable does, in a sentence or two of Markdown.
}

const (
	wantDuration = "a duration such as 90s, 10m or 336h"
	wantBool     = "true or false"
	wantText     = "text"
	wantSecret   = "a secret"
	wantBaseURL  = "an https URL, or an http URL on this machine (localhost, 127.0.0.0/8, ::1) or a host in " +
		"PLAIN_HTTP_HOSTS"
	wantAddress  = "an e-mail address"
	wantHostPort = "host:port"
)

var references = map[string]reference{
	"SHOPIFY_SHOP": {
		"the shop's own host in lower case, such as example.myshopify.com",
		"The shop whose orders are polled.",
	},
	"SHOPIFY_BASE_URL": {
		wantBaseURL,
		"Overrides `https://$SHOPIFY_SHOP`, for simulators and proxies.",
	},
	"SHOPIFY_ACCESS_TOKEN": {
		wantSecret,
		"Static Admin API token. Set either this, or the client ID and its secret.",
	},
	"SHOPIFY_CLIENT_ID": {
		wantText,
		"Client ID of the app; tokens are fetched with the client-credentials grant and renewed.",
	},
	"SHOPIFY_CLIENT_SECRET": {
		wantSecret,
		"Secret of the client ID.",
	},
	"SHOPIFY_API_VERSION": {
		"a stable quarterly version such as 2026-07",
		"Version of the Admin API. An answer from a different version raises an alarm.",
	},
	"SHOPIFY_B2B": {
		wantBool,
		"Also read the company of each order, and match merchants by it. Only for shops with B2B; the app then needs the " +
			"scope `read_customers` or `read_companies`.",
	},
	"GIFT_CARD_SKUS": {
		"SKUs separated by commas, without empty or duplicate entries, each at most 255 bytes",
		"The SKUs of gift cards. An order that mixes them with other items is left out and reported.",
	},
	"COMPANION_SKUS": {
		"SKUs separated by commas, without empty or duplicate entries, each at most 255 bytes and not in GIFT_CARD_SKUS",
		"SKUs that may be in an order together with gift cards, such as gift wrapping or insurance: they do not make it " +
			"a mixed order. Tips need not be listed.",
	},
	"UNDERPAID": {
		Hold + " or " + IssueAnyway,
		"What happens to an order of which so much was refunded that the remaining payment does not cover the remaining " +
			"gift cards, after all discounts: `hold` leaves the decision to an operator, who releases the order or not; " +
			"`issue` issues its cards.",
	},
	"MATCH_BY": {
		"one or more of external_id, company, name, separated by commas, without duplicates",
		"The attributes of a customer by which the merchant is found: the external ID of the B2B company, the company's " +
			"name, the customer's own name. Buyers choose their own name: with `name`, a buyer who takes a merchant's name " +
			"places orders on that merchant's account. Unset, a new installation with SHOPIFY_B2B uses " +
			"`external_id,company`, and any other installation uses all three.",
	},
	"CREATED_AT_MIN": {
		"the time at which giftbridge takes over, in RFC 3339 format with a time zone, such as 2026-07-01T00:00:00Z",
		"The time from which giftbridge is responsible for orders. Older orders are never touched: they were handled by " +
			"whatever issued cards before, and a second card is money given away. It has no default because no guess is " +
			"safe. It must not be in the future (by more than an hour), because the orders before it would get no card.",
	},
	"MAX_ORDER_AGE": {
		wantDuration + ", at least 1h",
		"Orders older than this are no longer picked up. It must stay below the retention of the Temporal namespace, " +
			"because only within the retention does an order's workflow ID prevent a second card.",
	},
	"INCLUDE_TEST_ORDERS": {
		wantBool,
		"Issue cards for Shopify's test orders too. These are real cards, unless the issuer's test account is configured.",
	},
	"POLL_INTERVAL": {
		"a duration of whole seconds such as 5m, less than MAX_ORDER_AGE",
		"How often the shop is polled.",
	},
	"POLL_OVERLAP": {
		wantDuration + ", less than MAX_ORDER_AGE",
		"How far each poll looks back before the end of the previous poll, because Shopify's search index lags.",
	},
	"POLL_SETTLE_DELAY": {
		"0, or a duration less than POLL_INTERVAL",
		"How long an order must have been unchanged before a poll reads it.",
	},
	"POLL_PAGE_SIZE": {
		"a number from 1 to 250",
		"Number of orders requested at a time.",
	},
	"SWEEP_INTERVAL": {
		"a duration of whole seconds, at most 24h",
		"How often giftbridge checks that each gift-card order of the last two days was taken in and, once a day, each " +
			"order that may still be taken in. This finds orders that Shopify's search has left out or shown late.",
	},
	"CASHSTAR_BASE_URL": {
		wantBaseURL,
		"The issuer's address with its version prefix. Production is `https://api.cashstar.com/v2/`, the test system " +
			"`https://api-semiprod.cashstar.com/v2/`. It has no default, so that production is an explicit choice.",
	},
	"CASHSTAR_USERNAME": {wantText, "User name of the account at the issuer."},
	"CASHSTAR_PASSWORD": {wantSecret, "Password of that user."},
	"CASHSTAR_MAX_RPS": {
		"a number of requests per second, 0 for no limit",
		"Maximum number of card orders per second, for all workers together.",
	},
	"CASHSTAR_TIMEOUT": {
		"a duration from 1s to 40s",
		"Time-out of one request to the issuer.",
	},
	"PLAIN_HTTP_HOSTS": {
		"host names or IP addresses separated by commas, without ports or wildcards",
		"Hosts to which `SHOPIFY_BASE_URL` and `CASHSTAR_BASE_URL` may use http: simulators on a private network, such as " +
			"the services of a compose file. Credentials are sent to them unencrypted. Unset, only this machine is allowed.",
	},
	"MERCHANT_CODE": {
		"at most 255 bytes without white space or slashes",
		"All orders go to this merchant, if the issuer lists it. Unset, the merchant is found from the customer.",
	},
	"AUDIT_PREFIX": {
		"at most 20 letters, digits and dashes",
		"Prefix of every audit number. Changing it changes every idempotency key: choose it once, before the first card.",
	},
	"RETRY_BUDGET": {
		"0 or a duration such as 1h, less than MAX_ORDER_AGE",
		"How long transient errors are retried before an order fails; 0 means one attempt.",
	},
	"ISSUER_DEDUPES": {
		wantBool,
		"Whether the issuer never issues a second card for a repeated audit number. `true`: a request whose answer was " +
			"lost is repeated until the outcome is clear. `false`: it is never repeated; the order fails as " +
			"`OutcomeUnknown`, and an operator settles it with `starter orders resolve`. Choose `false` unless the issuer " +
			"has confirmed this in writing. A new installation must set it; the first `starter schedules` " +
			"records the choice.",
	},
	"RECIPIENT_EMAIL_KEY": {wantText, "Line-item property that holds the recipient's e-mail address."},
	"RECIPIENT_NAME_KEY":  {wantText, "Line-item property that holds the recipient's name."},
	"RECIPIENT_MESSAGE_KEY": {
		wantText, "Line-item property that holds the message on the card.",
	},
	"RECIPIENT_SEND_ON_KEY": {
		wantText, "Line-item property that holds the day on which the card is sent.",
	},
	"SMTP_HOST": {
		"a host name or an IP address, without a port",
		"Mail server. Unset, no digest is sent, and the login, sender and recipients of mail must be unset too.",
	},
	"SMTP_PORT":     {"a port from 1 to 65535", "Port of the mail server."},
	"SMTP_USERNAME": {wantText, "User name at the mail server, if it requires a login."},
	"SMTP_PASSWORD": {wantSecret, "Password of that user."},
	"SMTP_TLS": {
		"starttls, tls or none",
		"`starttls` upgrades the connection to TLS or fails, `tls` uses TLS from the first byte, `none` is for a server " +
			"without TLS. With `none`, a password is sent only to a server on this machine.",
	},
	"DIGEST_FROM": {wantAddress, "Sender of the digest. Required with `SMTP_HOST`."},
	"DIGEST_TO": {
		"e-mail addresses separated by commas",
		"Recipients of the digest. Required with `SMTP_HOST`.",
	},
	"DIGEST_AT": {
		"a time of day such as 18:00",
		"Time of day at which the digest runs, in `DIGEST_TIMEZONE`.",
	},
	"DIGEST_TIMEZONE": {
		"an IANA time zone such as Europe/Rome",
		"Time zone of the digest.",
	},
	"DIGEST_RERUN": {
		wantBool,
		"Before the digest is written, re-run failed orders that may succeed.",
	},
	"DIGEST_RERUN_WAIT": {
		"a duration from 0 to 12h",
		"How long the digest waits for those re-runs.",
	},
	"DIGEST_SEND_EMPTY": {wantBool, "Send a digest even if there is nothing to report."},
	"TEMPORAL_UI_URL": {
		"an http or https URL",
		"Address at which people open Temporal's Web UI; `starter` and the digest's CSV link to it.",
	},
	"PAYLOAD_ENCRYPTION": {
		"on or off",
		"Encrypt the payloads that Temporal stores. `off` writes them unencrypted, and still reads payloads that the " +
			"keys can decrypt.",
	},
	"PAYLOAD_BIND_NAMESPACE": {
		wantBool,
		"Encrypt payloads so that they can be decrypted only in the namespace that they were written for: nobody can copy " +
			"an order from one namespace to another that has the same key. Set it to true in a new installation. In an " +
			"existing one, set it once no worker, starter or codec server of a release without this variable runs any more, " +
			"because such a release cannot read what is written then. Payloads written before stay readable.",
	},
	"PAYLOAD_ACCEPT_PLAIN": {
		wantBool,
		"Let workers read unencrypted payloads although `PAYLOAD_ENCRYPTION` is on. Set it when you turn encryption on " +
			"for a namespace that has unencrypted histories, until the namespace's retention has passed. While it is set, " +
			"anyone with access to Temporal can have cards issued without a key.",
	},
	"PAYLOAD_KEYS": {
		"id:base64 pairs separated by commas, each key 32 bytes, without duplicate IDs",
		"AES-256 keys, each generated by `openssl rand -base64 32`. The first encrypts, all decrypt: to rotate, put the " +
			"new key first and keep the old one until the namespace's retention has passed.",
	},
	"CODEC_SERVER_ADDR": {
		wantHostPort,
		"Address on which `starter codec-server` listens. It serves plain HTTP: to use it from other machines, put a TLS " +
			"proxy in front of it.",
	},
	"CODEC_SERVER_TOKEN": {
		"at least 32 ASCII characters without spaces, such as the output of openssl rand -hex 32",
		"Bearer token of the codec server. Its holder can decrypt every payload. Only the codec server reads it.",
	},
	"CODEC_SERVER_ORIGINS": {
		"origins separated by commas, such as https://temporal.example.com",
		"Web origins whose pages may use the codec server. Unset, the origin of `TEMPORAL_UI_URL`.",
	},
	"LOG_LEVEL": {
		"trace, debug, info, warn or error",
		"Minimum level of the log entries that are written.",
	},
	"LOG_FORMAT": {
		"auto, json or console",
		"`auto` is `console` on a terminal and `json` elsewhere.",
	},
	"METRICS_ADDR": {
		"host:port, or off",
		"Address that serves `/metrics` for Prometheus, and the health checks `/healthz` and `/readyz`. `off` or empty: " +
			"they are not served.",
	},
	"OTEL_EXPORTER_OTLP_ENDPOINT": {
		wantBaseURL,
		"The collector that receives traces as OTLP over HTTP, such as `http://localhost:4318`. Unset, no traces are " +
			"sent. `OTEL_SERVICE_NAME`, `OTEL_RESOURCE_ATTRIBUTES`, `OTEL_TRACES_SAMPLER`, `OTEL_TRACES_SAMPLER_ARG` and " +
			"`OTEL_EXPORTER_OTLP_HEADERS` work as OpenTelemetry defines them.",
	},
	"WORKER_DEPLOYMENT": {
		"at most 63 letters, digits, dashes and underscores, beginning with a letter or a digit",
		"Name of the worker deployment, the same for all versions. If it is set, workers get tasks only while their " +
			"version is the current one (`starter deployment set-current`). Unset, workers have no version.",
	},
	"WORKER_BUILD_ID": {
		"at most 100 letters, digits, dots, dashes, underscores and plus signs, beginning with a letter or a digit",
		"The worker's version. Unset, it is the first 12 digits of the commit that the binary was built from, if the " +
			"binary knows the commit and was built without uncommitted changes. Requires `WORKER_DEPLOYMENT`.",
	},
}

// sections are the headings of the reference, in the order of Config's fields.
var sections = map[string]string{
	"Shopify":   "Shopify",
	"Orders":    "Orders",
	"Poll":      "Polling",
	"CashStar":  "CashStar",
	"Network":   "Network",
	"Issue":     "Issuing",
	"Recipient": "Recipient",
	"SMTP":      "Mail",
	"Digest":    "Digest",
	"Payload":   "Payload encryption",
	"Codec":     "Codec server",
	"Log":       "Logs",
	"Metrics":   "Metrics",
	"Traces":    "Traces",
	"Worker":    "Worker versions",
}
