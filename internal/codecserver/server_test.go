package codecserver_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/giftbridge/giftbridge/internal/codec"
	"github.com/giftbridge/giftbridge/internal/codecserver"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/config/ops"
)

const (
	token  = "0123456789abcdef0123456789abcdef"
	webUI  = "https://temporal.example.com"
	bearer = "Bearer " + token
)

func newCodec(t *testing.T, id, fill string) *codec.Codec {
	t.Helper()
	c, err := codec.New(ops.Payload{Encryption: ops.EncryptionOn, Keys: ops.PayloadKeys{
		{ID: id, Key: config.NewSecret(strings.Repeat(fill, ops.PayloadKeySize))},
	}}, "default")
	require.NoError(t, err)
	return c
}

// server is a server under test, and its log.
type server struct {
	handler http.Handler
	log     bytes.Buffer
}

func newServer(t *testing.T) *server {
	t.Helper()
	s := &server{}
	s.handler = codecserver.NewHandler(codecserver.Options{
		Codec: newCodec(t, "k1", "1"), Token: token, Origins: []string{webUI}, Log: zerolog.New(&s.log),
	})
	return s
}

// ask sends a request as the Web UI does, with the given changes of its header; an empty field is left out.
func (s *server) ask(method, target string, body io.Reader, change http.Header) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, body)
	h := http.Header{
		"Authorization": {bearer}, "Content-Type": {"application/json"}, "Origin": {webUI}, "X-Namespace": {"default"},
	}
	maps.Copy(h, change)
	for name, values := range h {
		if values[0] != "" {
			r.Header[name] = values
		}
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	return w
}

func secret() *commonpb.Payload {
	return &commonpb.Payload{
		Metadata: map[string][]byte{converter.MetadataEncoding: []byte("json/plain")},
		Data:     []byte(`"grandma@example.com"`),
	}
}

func written(t *testing.T, payloads ...*commonpb.Payload) io.Reader {
	t.Helper()
	b, err := protojson.Marshal(&commonpb.Payloads{Payloads: payloads})
	require.NoError(t, err)
	return bytes.NewReader(b)
}

func sealed(t *testing.T, c *codec.Codec) *commonpb.Payload {
	t.Helper()
	out, err := c.Encode([]*commonpb.Payload{secret()})
	require.NoError(t, err)
	return out[0]
}

func read(t *testing.T, w *httptest.ResponseRecorder) []*commonpb.Payload {
	t.Helper()
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	require.Equal(t, "application/json", w.Header().Get("Content-Type"))
	var out commonpb.Payloads
	require.NoError(t, protojson.Unmarshal(w.Body.Bytes(), &out))
	return out.GetPayloads()
}

// Encrypted payloads are decrypted and vice versa, at all addresses that the Web UI and the command line derive from an
// endpoint. Unencrypted payloads are returned unchanged by /decode.
func TestConvert(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	keys := newCodec(t, "k1", "1")
	for _, path := range []string{"/decode", "/decode?preserveStorageRefs=true", "/default/decode"} {
		out := read(t, s.ask(http.MethodPost, path, written(t, sealed(t, keys), secret()), nil))
		require.Len(t, out, 2)
		require.True(t, proto.Equal(secret(), out[0]))
		require.True(t, proto.Equal(secret(), out[1]))
	}
	for _, path := range []string{"/encode", "/default/encode"} {
		out := read(t, s.ask(http.MethodPost, path, written(t, secret()), nil))
		opened, err := keys.Decode(out)
		require.NoError(t, err)
		require.NotContains(t, out[0].String(), "grandma")
		require.True(t, proto.Equal(secret(), opened[0]))
	}
	require.Empty(t, read(t, s.ask(http.MethodPost, "/decode", strings.NewReader("{}"), nil)))
	require.Len(t, read(t, s.ask(http.MethodPost, "/decode", strings.NewReader(`{"payloads":[{}],"new":1}`), nil)), 1)
}

// The SDK's own client for codec servers, which the command line uses, understands the responses.
func TestRemoteCodec(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	h := httptest.NewServer(s.handler)
	defer h.Close()
	remote := converter.NewRemotePayloadCodec(converter.RemotePayloadCodecOptions{
		Endpoint: h.URL,
		ModifyRequest: func(r *http.Request) error {
			r.Header.Set("Authorization", bearer)
			return nil
		},
	})
	out, err := remote.Encode([]*commonpb.Payload{secret()})
	require.NoError(t, err)
	require.Equal(t, codec.Encoding, string(out[0].GetMetadata()[converter.MetadataEncoding]))
	out, err = remote.Decode(out)
	require.NoError(t, err)
	require.True(t, proto.Equal(secret(), out[0]))
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	form := "application/x-www-form-urlencoded"
	tests := map[string]struct {
		method, target string
		header         http.Header
		body           io.Reader
		status         int
		says           string
	}{
		"no token":        {header: http.Header{"Authorization": {""}}, status: http.StatusUnauthorized, says: "token"},
		"wrong token":     {header: http.Header{"Authorization": {"Bearer " + token[1:] + "x"}}, status: http.StatusUnauthorized},
		"half a token":    {header: http.Header{"Authorization": {"Bearer " + token[1:]}}, status: http.StatusUnauthorized},
		"a longer token":  {header: http.Header{"Authorization": {bearer + "0"}}, status: http.StatusUnauthorized},
		"no bearer":       {header: http.Header{"Authorization": {token}}, status: http.StatusUnauthorized},
		"empty bearer":    {header: http.Header{"Authorization": {"Bearer "}}, status: http.StatusUnauthorized},
		"basic":           {header: http.Header{"Authorization": {"Basic " + token}}, status: http.StatusUnauthorized},
		"foreign page":    {header: http.Header{"Origin": {"https://evil.example"}}, status: http.StatusForbidden, says: "ORIGINS"},
		"page of a file":  {header: http.Header{"Origin": {"null"}}, status: http.StatusForbidden},
		"origin in part":  {header: http.Header{"Origin": {webUI + ".evil.example"}}, status: http.StatusForbidden},
		"another scheme":  {header: http.Header{"Origin": {"http://temporal.example.com"}}, status: http.StatusForbidden},
		"a form":          {header: http.Header{"Content-Type": {form}}, status: http.StatusUnsupportedMediaType},
		"no type":         {header: http.Header{"Content-Type": {""}}, status: http.StatusUnsupportedMediaType},
		"too large":       {body: strings.NewReader(strings.Repeat(" ", codecserver.MaxBody+1)), status: http.StatusRequestEntityTooLarge},
		"no JSON":         {body: strings.NewReader("grandma"), status: http.StatusBadRequest, says: "Temporal's JSON format"},
		"other JSON":      {body: strings.NewReader(`{"payloads":"grandma"}`), status: http.StatusBadRequest},
		"no body":         {body: http.NoBody, status: http.StatusBadRequest},
		"cut off":         {body: io.MultiReader(strings.NewReader("{"), broken{}), status: http.StatusBadRequest, says: "ended too early"},
		"another method":  {method: http.MethodPut, status: http.StatusMethodNotAllowed, says: "POST"},
		"looked at":       {method: http.MethodGet, status: http.StatusMethodNotAllowed},
		"another path":    {target: "/download", status: http.StatusNotFound},
		"too deep":        {target: "/a/b/decode", status: http.StatusNotFound},
		"the root":        {target: "/", status: http.StatusNotFound},
		"a key of others": {body: written(t, sealed(t, newCodec(t, "k2", "1"))), status: http.StatusUnprocessableEntity, says: `"k2"`},
		"a key of one ID": {body: written(t, sealed(t, newCodec(t, "k1", "2"))), status: http.StatusUnprocessableEntity, says: `"k1"`},
		"preflight of evil": {
			method: http.MethodOptions, header: http.Header{"Origin": {"https://evil.example"}}, status: http.StatusForbidden,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t)
			method, target, body := http.MethodPost, "/decode", tt.body
			if tt.method != "" {
				method = tt.method
			}
			if tt.target != "" {
				target = tt.target
			}
			if body == nil {
				body = written(t, sealed(t, newCodec(t, "k1", "1")))
			}
			w := s.ask(method, target, body, tt.header)
			require.Equal(t, tt.status, w.Code, w.Body)
			require.Contains(t, w.Body.String(), tt.says)
			require.NotContains(t, w.Body.String(), "grandma")
			require.NotContains(t, s.log.String()+w.Body.String(), token[1:])
			if tt.status == http.StatusForbidden {
				require.Empty(t, w.Header().Get("Access-Control-Allow-Origin"))
			}
		})
	}
}

// broken is a request body whose connection breaks.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// A server without a token accepts no requests.
func TestNoTokenAcceptsNoRequests(t *testing.T) {
	t.Parallel()
	s := &server{}
	s.handler = codecserver.NewHandler(codecserver.Options{Codec: newCodec(t, "k1", "1")})
	for _, given := range []string{"", "Bearer ", "Bearer"} {
		w := s.ask(http.MethodPost, "/decode", written(t), http.Header{"Authorization": {given}, "Origin": {""}})
		require.Equal(t, http.StatusUnauthorized, w.Code)
	}
}

// A browser first sends a preflight request without the token. It shows a response to the page only if the response
// names the page's origin.
func TestPreflight(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	w := s.ask(http.MethodOptions, "/default/decode", nil, http.Header{
		"Authorization": {""}, "Access-Control-Request-Method": {"POST"},
		"Access-Control-Request-Headers": {"authorization,content-type,x-namespace"},
	})
	require.Equal(t, http.StatusNoContent, w.Code)
	require.Equal(t, webUI, w.Header().Get("Access-Control-Allow-Origin"))
	require.Equal(t, "Origin", w.Header().Get("Vary"))
	require.Equal(t, "POST", w.Header().Get("Access-Control-Allow-Methods"))
	for _, name := range []string{"Authorization", "X-Namespace", "Content-Type"} {
		require.Contains(t, w.Header().Get("Access-Control-Allow-Headers"), name)
	}
	require.Equal(t, "true", w.Header().Get("Access-Control-Allow-Credentials"))

	for _, given := range []string{bearer, "Bearer wrong"} {
		w = s.ask(http.MethodPost, "/decode", written(t), http.Header{"Authorization": {given}})
		require.Equal(t, webUI, w.Header().Get("Access-Control-Allow-Origin"), "the page may see why it was refused")
		require.Equal(t, "no-store", w.Header().Get("Cache-Control"))
	}
	w = s.ask(http.MethodPost, "/decode", written(t), http.Header{"Origin": {""}})
	require.Equal(t, http.StatusOK, w.Code)
	require.Empty(t, w.Header().Get("Access-Control-Allow-Origin"))
}

// The log has a line for each request, without its content.
func TestLogTellsNoPayload(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.ask(http.MethodPost, "/default/decode?q=grandma", written(t, sealed(t, newCodec(t, "k1", "1")), secret()), nil)
	s.ask(http.MethodPost, "/encode", written(t, secret()), nil)
	s.ask(http.MethodPost, "/decode", strings.NewReader("grandma"), nil)
	s.ask(http.MethodPost, "/decode", written(t, secret()), http.Header{"Authorization": {"Bearer grandma"}})
	s.ask(http.MethodPost, "/"+strings.Repeat("x", 500), nil, nil)
	lines := strings.Split(strings.TrimSpace(s.log.String()), "\n")
	require.Len(t, lines, 5)
	for i, want := range []string{
		`"method":"POST","path":"/default/decode","status":200,`, `"path":"/encode","status":200,`, `"status":400,`,
		`"status":401,`, `"status":404,`,
	} {
		require.Contains(t, lines[i], want)
		require.Contains(t, lines[i], `"duration":`)
		require.Less(t, len(lines[i]), 400)
	}
	require.Contains(t, lines[0], `"payloads":2`)
	plain, err := protojson.Marshal(secret())
	require.NoError(t, err)
	for _, hidden := range []string{
		"grandma", token, base64.StdEncoding.EncodeToString(secret().GetData()), string(plain),
	} {
		require.NotContains(t, s.log.String(), hidden)
	}
}

// A server that is stopped finishes requests in progress.
func TestServe(t *testing.T) {
	t.Parallel()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	held := &heldCodec{PayloadCodec: newCodec(t, "k1", "1"), asked: make(chan struct{}), answer: make(chan struct{})}
	served := make(chan error, 1)
	go func() {
		served <- codecserver.Serve(ctx, l, codecserver.Options{Codec: held, Token: token, Log: zerolog.Nop()})
	}()
	client := &http.Client{Timeout: 10 * time.Second}
	healthy, err := client.Get("http://" + l.Addr().String() + "/healthz")
	require.NoError(t, err)
	require.NoError(t, healthy.Body.Close())
	require.Equal(t, http.StatusOK, healthy.StatusCode)

	status := make(chan int, 1)
	body := written(t, secret())
	go func() {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+l.Addr().String()+"/encode", body)
		if err != nil {
			status <- 0
			return
		}
		r.Header.Set("Authorization", bearer)
		r.Header.Set("Content-Type", "application/json")
		answer, err := client.Do(r)
		if err != nil {
			status <- 0
			return
		}
		_ = answer.Body.Close()
		status <- answer.StatusCode
	}()
	<-held.asked
	stop()
	close(held.answer)
	require.Equal(t, http.StatusOK, <-status)
	require.NoError(t, <-served)
	_, err = client.Get("http://" + l.Addr().String() + "/healthz")
	require.Error(t, err)
}

// heldCodec is a codec that waits for the test before it encodes.
type heldCodec struct {
	converter.PayloadCodec

	asked, answer chan struct{}
}

func (c *heldCodec) Encode(p []*commonpb.Payload) ([]*commonpb.Payload, error) {
	close(c.asked)
	<-c.answer
	return c.PayloadCodec.Encode(p)
}

// The name of an authentication scheme is case-insensitive (RFC 9110, section 11.1); a token is case-sensitive.
func TestBearerInAnyCase(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for given, want := range map[string]int{
		"bearer " + token: http.StatusOK, "BEARER " + token: http.StatusOK, "Bearer  " + token: http.StatusOK,
		"Basic " + token: http.StatusUnauthorized, "Bearer" + token: http.StatusUnauthorized,
		"Bearer " + strings.ToUpper(token): http.StatusUnauthorized, token: http.StatusUnauthorized,
	} {
		got := s.ask(http.MethodPost, "/decode", written(t, secret()), http.Header{"Authorization": {given}})
		require.Equal(t, want, got.Code, given)
	}
}
