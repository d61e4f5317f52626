// Package codecserver decrypts and encrypts payloads over HTTP for people who use Temporal's Web UI or the temporal
// command line, which hold no keys. It implements Temporal's codec server protocol
// (https://docs.temporal.io/codec-server): POST to /decode or /encode, with or without the namespace before it.
//
// A client with access can read everything, so the server requires a token in every request, answers only pages of the
// Web UI's origin, stores nothing and logs no payload. It speaks plain HTTP and must run behind a proxy that terminates
// TLS, unless everything runs on one machine.
package codecserver

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rs/zerolog"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/encoding/protojson"
)

// MaxBody is the maximum size of a request in bytes. Temporal's own messages are limited to 4 MB (gRPC's default), and
// base64 and JSON make them a third longer.
const MaxBody = 8 << 20

// stopTimeout limits how long requests in progress may continue after a stop.
const stopTimeout = 5 * time.Second

// Options are the options of a server.
type Options struct {
	Codec converter.PayloadCodec
	// Token is the bearer token that each request must have.
	Token string
	// Origins lists the origins of the pages that may send requests, as browsers write them:
	// https://temporal.example.com. Requests that do not come from a page, but from the command line, have no origin.
	Origins []string
	Log     zerolog.Logger
}

// NewHandler returns the server's handler.
func NewHandler(o Options) http.Handler {
	s := &server{Options: o, token: sha256.Sum256([]byte(o.Token))}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok\n") })
	for path, convert := range map[string]conversion{"/decode": o.Codec.Decode, "/encode": o.Codec.Encode} {
		h := s.admit(s.convert(convert))
		mux.Handle(path, h)
		mux.Handle("/{namespace}"+path, h)
	}
	return s.logged(mux)
}

type server struct {
	Options

	token [sha256.Size]byte
}

// conversion is one direction of a codec.
type conversion func([]*commonpb.Payload) ([]*commonpb.Payload, error)

// admit lets the Web UI's preflight requests pass, and requests with the token. A request from a page must have an
// allowed origin.
func (s *server) admit(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Add("Vary", "Origin")
		if origin := r.Header.Get("Origin"); origin != "" {
			if !slices.Contains(s.Origins, origin) {
				refuse(w, http.StatusForbidden, "this origin is not allowed: it is not in CODEC_SERVER_ORIGINS")
				return
			}
			h.Set("Access-Control-Allow-Origin", origin)
			// A proxy that authenticates people and adds the token may recognise them by a cookie.
			h.Set("Access-Control-Allow-Credentials", "true")
		}
		switch r.Method {
		case http.MethodOptions:
			h.Set("Access-Control-Allow-Methods", http.MethodPost)
			// The headers that the Web UI sends. It adds the second to the first if it passes on its user's token.
			h.Set("Access-Control-Allow-Headers", "Authorization, Authorization-Extras, Content-Type, X-Namespace")
			h.Set("Access-Control-Max-Age", strconv.Itoa(int(time.Hour.Seconds())))
			w.WriteHeader(http.StatusNoContent)
		case http.MethodPost:
			if !s.bears(r) {
				h.Set("WWW-Authenticate", "Bearer")
				refuse(w, http.StatusUnauthorized, "the token is missing or wrong: need CODEC_SERVER_TOKEN as a bearer token")
				return
			}
			next.ServeHTTP(w, r)
		default:
			h.Set("Allow", "OPTIONS, POST")
			refuse(w, http.StatusMethodNotAllowed, "need POST")
		}
	})
}

// bears reports whether a request has the token. It compares hashes, which have the same length, in constant time. The
// name of the scheme is case-insensitive and may be followed by several spaces (RFC 9110, section 11.4).
func (s *server) bears(r *http.Request) bool {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	given := sha256.Sum256([]byte(strings.TrimLeft(token, " ")))
	want := sha256.Sum256([]byte(s.Token))
	return s.Token != "" && strings.EqualFold(scheme, "Bearer") && subtle.ConstantTimeCompare(given[:], want[:]) == 1
}

// convert returns a handler that answers with the converted payloads.
func (s *server) convert(convert conversion) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// Any other type is wrong, and could also come from a form on a foreign page.
		if t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || t != "application/json" {
			refuse(w, http.StatusUnsupportedMediaType, "need application/json")
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
		if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
			refuse(w, http.StatusRequestEntityTooLarge, fmt.Sprintf("need at most %d bytes", MaxBody))
			return
		}
		if err != nil {
			refuse(w, http.StatusBadRequest, "the request ended too early")
			return
		}
		var in commonpb.Payloads
		// Do not return the decoder's error: it would repeat parts of the body.
		if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(body, &in); err != nil {
			refuse(w, http.StatusBadRequest, "need payloads in Temporal's JSON format")
			return
		}
		count(w, len(in.GetPayloads()))
		out, err := convert(in.GetPayloads())
		if err != nil {
			refuse(w, http.StatusUnprocessableEntity, err.Error())
			return
		}
		answer, err := protojson.Marshal(&commonpb.Payloads{Payloads: out})
		if err != nil {
			refuse(w, http.StatusInternalServerError, "the payloads cannot be written as JSON")
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(answer)
	})
}

func refuse(w http.ResponseWriter, status int, why string) { http.Error(w, why, status) }

// Serve serves requests until ctx ends, and then lets requests in progress finish.
func Serve(ctx context.Context, l net.Listener, o Options) error {
	s := &http.Server{
		Handler:           NewHandler(o),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10, // The Web UI may pass on the tokens of its users.
	}
	stopped := make(chan error, 1)
	detach := context.AfterFunc(ctx, func() {
		bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
		defer cancel()
		stopped <- s.Shutdown(bounded)
	})
	if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		detach()
		return fmt.Errorf("serve payloads: %w", err)
	}
	if err := <-stopped; err != nil {
		return errors.Join(fmt.Errorf("finish the last requests: %w", err), s.Close())
	}
	return nil
}
